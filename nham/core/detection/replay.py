# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License at
#
#      http://www.apache.org/licenses/LICENSE-2.0
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""Play a trace to a detector and say how good it was.

What is played is the tracker that judges real targets, so that the figures
are those of NHAM and not of a formula. The target of a trace never fails:
each suspicion is a mistake. T_D is worked out beside that, after each
question, for a target that fails just after its answer: with the time-out
in force then and the pace of the questions.
"""

from __future__ import annotations

from collections.abc import Sequence
import dataclasses
import heapq
import statistics

from nham.core.detection import estimators
from nham.core.detection import qos
from nham.core.detection import traces
from nham.core.detection import tracker
from nham.core.detection import wish


@dataclasses.dataclass(frozen=True, kw_only=True)
class Score:
    """What a detector did on a trace; all times are seconds.

    :ivar detection_time: the mean of T_D over the trace.
    :ivar worst: the longest T_D.
    """

    detection_time: float
    worst: float
    accuracy: qos.Accuracy


def play(
    trace: Sequence[traces.Question],
    estimator: estimators.Estimator,
    misses: int,
    interval: float,
    lags: bool = True,
) -> Score:
    """Play a trace.

    :param interval: of its questions.
    :param lags: the detector knows when its observer is late.
    """
    one = tracker.Tracker(estimator, misses)
    found = []
    answers: list[tuple[float, int]] = []
    for number, question in enumerate(trace):
        while answers and answers[0][0] <= question.at:
            at, answered = heapq.heappop(answers)
            late = trace[answered].lag if lags else 0.0
            _judge(one, at, late)
            one.good(answered, at, late)
        lag = question.lag if lags else 0.0
        _judge(one, question.at, lag)
        one.sent(number, question.at)
        if question.delay is not None:
            answer = question.at + question.delay
            heapq.heappush(answers, (answer, number))
        if estimator.learnt and number > estimators.Adaptive.WARM_UP:
            timeout = estimator.timeout() + lag
            found.append(wish.detection_time(interval, misses, timeout))
    end = trace[-1].at if trace else 0.0
    return Score(
        detection_time=statistics.fmean(found) if found else 0.0,
        worst=max(found, default=0.0),
        accuracy=one.accuracy(end),
    )


def _judge(one: tracker.Tracker, until: float, lag: float) -> None:
    """Judge at each moment at which a time-out passes, and then."""
    due = one.due
    while due is not None and due + lag < until:
        one.judge(due + lag + 1e-9, lag)
        if one.due == due:
            break
        due = one.due
    one.judge(until, lag)
