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

"""A client of the sample VNF that never stops asking.

It asks every 100 ms over a new connection, and does not wait for one
answer before it asks again, so that the first good answer is seen when it
comes. What state the VNF has it asks less often, and besides: that costs an
emulated guest far more than a plain answer, and takes longer. In the first
seconds of a silence it asks every 20 ms, or an outage of some tenths of a
second would be told by the client's own pace.
"""

from __future__ import annotations

from collections.abc import Iterable
from collections.abc import Mapping
from concurrent import futures
import dataclasses
import itertools
import math
import threading
import time

from benchmarks.bed import actives
from benchmarks.bed import vnf as vnf_

INTERVAL = 0.1
#: Seconds between two questions while nobody answers, ...
FINE = 0.02
#: ... for so many seconds: later it matters no more, and what is not dead
#: but slow shall not find a heap of questions.
FINELY = 2.0
#: With every so many questions goes one for the state.
STATE_EVERY = 5
#: All that ask for the state bear a number; no two clients share one.
_NUMBERS = itertools.count(1)
#: A request that found nobody is given up, so that a new one is made.
PATIENCE = 1.0


@dataclasses.dataclass(frozen=True)
class Answer:
    """One good answer: when it came, and the state if that was asked.

    :ivar begun: when it was asked.
    """

    begun: float
    at: float
    state: dict[str, str]


@dataclasses.dataclass(frozen=True)
class Request:
    """One plain question: when it was begun, and if it found an answer.

    :ivar good: a good answer came within a client's patience.
    """

    begun: float
    good: bool


@dataclasses.dataclass(frozen=True, kw_only=True)
class Outage:
    """What a client saw of a fault; times are seconds after it.

    :ivar silent: the first answer came after so long, None: none came.
    :ivar correct: the same for the first answer with the right state.
    """

    silent: float | None
    correct: float | None


class Counter:
    """Raises the VNF's counter in the background, one after the other."""

    def __init__(self, address: str) -> None:
        self._address = address
        self._told: list[tuple[float, int]] = []
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._count, daemon=True)

    def __enter__(self) -> Counter:
        self._thread.start()
        return self

    def __exit__(self, *_exc: object) -> None:
        self._stopped.set()
        self._thread.join()

    @property
    def fell(self) -> int:
        """How far the count ever fell behind what was acknowledged."""
        most = worst = 0
        for _at, value in self._told:
            worst = max(worst, most + 1 - value)
            most = max(most, value)
        return worst

    def _count(self) -> None:
        while not self._stopped.wait(INTERVAL):
            text = vnf_.http_get(self._address, "/cgi-bin/count", PATIENCE)
            if text and text.strip().isdigit():
                self._told.append((time.monotonic(), int(text)))

    def lost(self, fault_at: float, back_at: float) -> int | None:
        """Return how many acknowledged counts are gone; None: unknown."""
        before = [value for at, value in self._told if at <= fault_at]
        after = [value for at, value in self._told if at >= back_at]
        if not (before and after):
            return None
        # One that found no answer may have counted all the same.
        return max(max(before) + 1 - after[0], 0)


class Client:
    """Asks one address in the background.

    :param interval: seconds between two questions.
    :param finely: for so many seconds of a silence it asks more often.
    """

    def __init__(
        self,
        address: str,
        interval: float = INTERVAL,
        finely: float = FINELY,
    ) -> None:
        self._address = address
        self._interval = interval
        self._finely = finely
        self._answers: list[Answer] = []
        self._requests: list[Request] = []
        self._asked: dict[int, float] = {}
        self._heard: list[actives.Answer] = []
        self._stopped = threading.Event()
        self._last = time.monotonic()
        # All that may wait for an answer at once.
        self._pool = futures.ThreadPoolExecutor(80)
        self._thread = threading.Thread(target=self._ask_on, daemon=True)

    def __enter__(self) -> Client:
        self._thread.start()
        return self

    def __exit__(self, *_exc: object) -> None:
        self._stopped.set()
        self._thread.join()
        self._pool.shutdown(cancel_futures=True)

    def _ask_on(self) -> None:
        now = due = time.monotonic()
        number = 0
        while not self._stopped.wait(self._pause(due, now)):
            now = time.monotonic()
            if now < due:
                self._pool.submit(self._ask_besides)
                continue
            self._pool.submit(self._ask)
            if number % STATE_EVERY == 0:
                self._pool.submit(self._ask_state)
            number += 1
            due += self._interval

    def _pause(self, due: float, now: float) -> float:
        """Return how long to wait for the next question."""
        silent = now - self._last - self._interval
        wait = max(due - now, 0.0)
        return min(wait, FINE) if 0.0 < silent < self._finely else wait

    def _ask(self) -> None:
        begun = time.monotonic()
        good = self._ask_besides()
        self._requests.append(Request(begun, good))

    def _ask_besides(self) -> bool:
        """Ask without being counted; say if an answer came in time."""
        begun = time.monotonic()
        text = vnf_.http_get(self._address, "/health", PATIENCE)
        now = time.monotonic()
        if text is None:
            return False
        self._answers.append(Answer(begun, now, {}))
        self._last = now
        # The time limit is for each of its parts: to connect, to be sent.
        return now - begun <= PATIENCE

    def _ask_state(self) -> None:
        number, begun = next(_NUMBERS), time.monotonic()
        self._asked[number] = begun
        path = f"/cgi-bin/state?seq={number}"
        text = vnf_.http_get(self._address, path, 3 * PATIENCE)
        state, at = vnf_.parse_state(text), time.monotonic()
        if state:
            self._answers.append(Answer(begun, at, state))
            self._heard.append(
                actives.Answer(number, state["uuid"], begun, at)
            )

    def outage(self, fault_at: float, note: str) -> Outage:
        """Return what was seen of a fault that came at that moment.

        The silence is the first one after the fault that is longer than a
        client's own patience; what was under way before it still counts
        as before.

        :param note: what the VNF's note must say to be right.
        """
        later = sorted(
            (a for a in list(self._answers) if a.at > fault_at),
            key=lambda answer: answer.at,
        )
        times = [fault_at, *(answer.at for answer in later)]
        back = next(
            (
                index
                for index, answer in enumerate(later)
                if answer.at - times[index] > PATIENCE
            ),
            None,
        )
        if back is None:
            return Outage(silent=None, correct=None)
        right = [a for a in later[back:] if a.state.get("note") == note]
        return Outage(
            silent=later[back].at - fault_at,
            correct=right[0].at - fault_at if right else None,
        )

    def silence(
        self, since: float, within: float = math.inf
    ) -> tuple[float, float]:
        """Return when the longest silence since a moment began and ended.

        Both are seconds after the moment.

        :param within: seconds after the moment within which it began.
        """
        times = [since, *sorted(a.at for a in self._answers if a.at > since)]
        pairs = (
            pair
            for pair in itertools.pairwise(times)
            if pair[0] - since <= within
        )
        begin, end = max(pairs, key=lambda pair: pair[1] - pair[0])
        return begin - since, end - since

    def requests(self, since: float) -> list[Request]:
        """Return the plain questions that were begun since a moment.

        Those that still wait for an answer are left out.
        """
        return [one for one in self._requests.copy() if one.begun >= since]

    def members(self) -> list[str]:
        """Return who answered, each change of it once.

        Who answers late to what was asked before the next one was heard of
        has not come back.
        """
        runs: list[tuple[str, float]] = []
        told = [answer for answer in self._answers.copy() if answer.state]
        for answer in sorted(told, key=lambda one: one.at):
            name = answer.state["uuid"]
            names = [known for known, _at in runs]
            if names and name == names[-1]:
                continue
            if name not in names or answer.begun > runs[-1][1]:
                runs.append((name, answer.at))
        return [name for name, _at in runs]

    def answered(
        self, logs: Mapping[str, Iterable[int]]
    ) -> list[actives.Answer]:
        """Return who answered which number, heard or not.

        To be asked when the client has left.

        :param logs: the numbers that each member says it answered.
        """
        return actives.merged(self._heard, self._asked, logs)

    def last(self) -> dict[str, str]:
        """Return the newest state that was told."""
        told = [answer.state for answer in self._answers if answer.state]
        return told[-1] if told else {}
