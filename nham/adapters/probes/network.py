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

"""Probes over the real network: one loop in one thread asks everybody.

A question is sent when it is due, whether the one before was answered or
not. So a target that is slow is still asked, and the thread's own delay
is the only thing that makes a question late: it is measured and told. What
is due within `BATCH` is sent together, so that thousands of targets do not
make the thread sleep and wake as often.
"""

from __future__ import annotations

import asyncio
import collections
from collections.abc import Collection
from collections.abc import Iterable
from collections.abc import Sequence
import dataclasses
import functools
import heapq
import ipaddress
import itertools
import os
import socket
import threading

from nham.adapters import clock
from nham.adapters.plugger import base as plugger_
from nham.adapters.probes import base
from nham.adapters.probes import echo
from nham.adapters.probes import echoes
from nham.adapters.probes import sockets
from nham.adapters.probes import stream

LAG_MEMORY = 10.0
"""For how many seconds a lag counts as "lately"."""
MOST_ECHOES = 256
"""Unanswered questions per target that are still listened for: those of six
seconds where it is asked as often as can be, and in haste."""
MOST_STREAMS = 8
"""The same where each holds a socket; the oldest is given up first."""
BATCH = 0.005
"""Seconds by which a question may be late to be sent with others."""
MOST_AT_ONCE = 64
"""Questions sent together before answers are read."""
BEAT = 0.1
"""Seconds between two signs of life of the loop."""
_SPREAD = 0.618034
"""Golden ratio: puts any number of targets evenly into an interval."""
_PORTS = {"icmp": 0, "tcp": None, "http": 80, "udp": 7}


@dataclasses.dataclass(eq=False, slots=True)
class _Asked:
    """One target with what it has not answered yet.

    :ivar form: what goes over the wire; None for questions over TCP.
    :ivar echo: sends that; None: nothing does yet.
    :ivar due: when the next question is due, in the loop's seconds; None:
        never.
    :ivar waiting: echo questions by their numbers, oldest first: the
        sequence of each, and when it was sent.
    :ivar streams: tasks of questions over TCP, oldest first.
    """

    target: base.Target
    form: echo.Form | None
    echo: echo.Echo | None
    sequence: int = 0
    due: float | None = None
    waiting: dict[int, tuple[int, float]] = dataclasses.field(
        default_factory=dict
    )
    streams: collections.deque[asyncio.Task[None]] = dataclasses.field(
        default_factory=collections.deque
    )


class NetworkProber(base.Prober):
    """Asks with ICMP, TCP, HTTP and UDP.

    :param time: whose monotonic seconds the observations carry.
    :param plugger: gives the sockets behind probe ports; its own alone.
    """

    def __init__(
        self,
        time: clock.Clock | None = None,
        plugger: plugger_.Plugger | None = None,
    ) -> None:
        self._clock = time or clock.SystemClock()
        self._loop = asyncio.new_event_loop()
        self._sockets = sockets.Sockets(plugger)
        self._echoes = echoes.Echoes(self._loop, self._sockets, self._heard)
        self._asked: dict[str, _Asked] = {}
        self._hurried: frozenset[str] = frozenset()
        self._questions: dict[int, _Asked] = {}
        self._numbers = itertools.count(int.from_bytes(os.urandom(6)))
        self._phases = itertools.count(1)
        self._plan: list[tuple[float, int, _Asked]] = []
        self._planned = itertools.count()
        self._awake: asyncio.TimerHandle | None = None
        self._beat_at = self._clock.monotonic()
        self._seen: collections.deque[base.Observation] = collections.deque()
        self._lags: collections.deque[tuple[float, float]] = (
            collections.deque()
        )
        self._lock = threading.Lock()
        self._thread = threading.Thread(
            target=self._run, name="nham-prober", daemon=True
        )
        self._thread.start()

    # -- called by others

    def set_targets(self, targets: Iterable[base.Target]) -> None:
        """See base class.

        :raises ValueError: a target cannot be asked as it stands.
        :raises errors.Refused: this process may not send ICMP.
        """
        wanted = {}
        for target in targets:
            wanted[target.key] = _checked(target)
        for target in wanted.values():
            if target.kind in ("icmp", "udp") and target.origin is None:
                self._echoes.need(echo.form(target.kind, target.address))
        self._loop.call_soon_threadsafe(self._apply, wanted)

    def hurry(self, keys: Collection[str]) -> None:
        """See base class."""
        self._loop.call_soon_threadsafe(self._hurry, frozenset(keys))

    def renew(self) -> None:
        """See base class; echoes get new sockets, all else always does."""
        self._echoes.renew()
        self._loop.call_soon_threadsafe(self._use_new_sockets)

    def collect(self) -> Sequence[base.Observation]:
        """See base class."""
        return [self._seen.popleft() for _ in range(len(self._seen))]

    def lag(self) -> float:
        """See base class."""
        since = self._clock.monotonic() - LAG_MEMORY
        with self._lock:
            while self._lags and self._lags[0][0] < since:
                self._lags.popleft()
            noted = self._lags[0][1] if self._lags else 0.0
        # The loop itself cannot tell of what holds it up right now.
        standing = self._clock.monotonic() - self._beat_at - BEAT
        return max(noted, standing, 0.0) if standing > BEAT else noted

    def close(self) -> None:
        """See base class."""
        if self._thread.is_alive():
            self._loop.call_soon_threadsafe(self._stop)
            self._thread.join()
        self._sockets.close()

    # -- in the loop's thread

    def _run(self) -> None:
        self._loop.call_soon(self._beat)
        self._loop.run_forever()
        self._loop.close()

    def _beat(self) -> None:
        """Say that the loop lives, and note for how long it did not."""
        now = self._clock.monotonic()
        self._note_lag(max(now - self._beat_at - BEAT, 0.0))
        self._beat_at = now
        self._loop.call_later(BEAT, self._beat)

    def _stop(self) -> None:
        tasks = [task for asked in self._drop_all() for task in asked.streams]
        self._echoes.close()
        ended = asyncio.gather(*tasks, return_exceptions=True)
        ended.add_done_callback(lambda _done: self._loop.stop())

    def _drop_all(self) -> list[_Asked]:
        asked = list(self._asked.values())
        self._apply({})
        return asked

    def _apply(self, wanted: dict[str, base.Target]) -> None:
        """Begin with the new targets and let go of the old."""
        for key, asked in list(self._asked.items()):
            if wanted.get(key) != asked.target:
                self._drop(asked)
        for key, target in wanted.items():
            if key in self._asked:
                continue
            form: echo.Form | None = None
            if target.kind in ("icmp", "udp"):
                form = echo.form(target.kind, target.address)
            self._asked[key] = asked = _Asked(target, form, None)
            phase = next(self._phases) * _SPREAD % 1.0 * target.interval
            self._arm(asked, self._loop.time() + phase)
        self._echoes.keep({one.origin for one in wanted.values()})

    def _use_new_sockets(self) -> None:
        self._echoes.renew_far()
        for asked in self._asked.values():
            asked.echo = None

    def _drop(self, asked: _Asked) -> None:
        del self._asked[asked.target.key]
        asked.due = None
        for number in asked.waiting:
            self._questions.pop(number, None)
        for task in asked.streams:
            task.cancel()

    def _hurry(self, keys: frozenset[str]) -> None:
        """Bring the next question to those newly in haste forward."""
        for key in keys - self._hurried:
            asked = self._asked.get(key)
            if asked is not None and asked.due is not None:
                earlier = asked.due - asked.target.interval * (1 - base.HASTE)
                self._arm(asked, max(earlier, self._loop.time()))
        self._hurried = keys

    def _interval(self, target: base.Target) -> float:
        """Return the seconds to the next question."""
        hurried = target.key in self._hurried
        return target.interval * (base.HASTE if hurried else 1.0)

    def _arm(self, asked: _Asked, due: float) -> None:
        """Ask a target next then; what was planned before is void."""
        asked.due = due
        heapq.heappush(self._plan, (due, next(self._planned), asked))
        if self._awake is None or due < self._awake.when():
            self._wake_at(due)

    def _wake_at(self, when: float) -> None:
        if self._awake is not None:
            self._awake.cancel()
        self._awake = self._loop.call_at(when, self._ask_due)

    def _ask_due(self) -> None:
        """Ask all who are due."""
        self._awake = None
        now, latest, plan = self._loop.time(), 0.0, self._plan
        for _question in range(MOST_AT_ONCE):
            if not plan or plan[0][0] > now:
                break
            due, _order, asked = plan[0]
            if asked.due != due:
                heapq.heappop(plan)
                continue
            late, asked.due = self._ask(asked, due)
            latest = max(latest, late)
            heapq.heapreplace(plan, (asked.due, next(self._planned), asked))
        self._note_lag(latest)
        if plan:
            left = plan[0][0] <= now
            # Else the answers would have to wait, and fill the socket.
            self._wake_at(now if left else max(plan[0][0], now + BATCH))

    def _ask(self, asked: _Asked, due: float) -> tuple[float, float]:
        """Send one question.

        :returns: how late it was, and when the next one is due.
        """
        now = self._loop.time()
        target = asked.target
        late = now - due
        asked.sequence += 1
        over_tcp = asked.form is None
        if self._ask_stream(asked) if over_tcp else self._ask_echo(asked):
            pass
        elif target.origin is not None:
            # A port that does not serve is no reason to doubt all answers.
            self._emit(asked, asked.sequence, "unasked")
        else:
            # It could not even ask: as bad as being late by a question.
            late += target.interval
        interval = self._interval(target)
        # What was missed is not made up for by a volley.
        following = due + interval
        return late, following if following > now else now + interval

    def _ask_echo(self, asked: _Asked) -> bool:
        """Ask by an echo; False: there is no way for it."""
        target, number = asked.target, next(self._numbers)
        if asked.echo is None and asked.form is not None:
            asked.echo = self._echoes.sender(asked.form, target.origin)
        now = self._clock.monotonic()
        if asked.echo is None or not (
            asked.echo.send(target.address, target.port or 0, number)
            or target.origin is None
        ):
            return False
        self._emit(asked, asked.sequence, "sent", at=now)
        self._questions[number] = asked
        asked.waiting[number] = (asked.sequence, now)
        if len(asked.waiting) > MOST_ECHOES:
            oldest = next(iter(asked.waiting))
            del asked.waiting[oldest], self._questions[oldest]
        return True

    def _heard(self, number: int, address: str, trouble: str) -> None:
        """Take what an echo socket heard."""
        asked = self._questions.get(number)
        if asked is None or asked.target.address != address:
            return
        del self._questions[number]
        sequence, sent_at = asked.waiting.pop(number)
        age = self._clock.monotonic() - sent_at
        if age <= asked.target.patience:
            self._result(asked, sequence, trouble)

    def _ask_stream(self, asked: _Asked) -> bool:
        """Begin a question over TCP; False: no socket is to be had."""
        target = asked.target
        connection = self._sockets.stream(target.address, target.origin)
        if connection is None:
            return False
        if len(asked.streams) >= MOST_STREAMS:
            asked.streams.popleft().cancel()
        self._emit(asked, asked.sequence, "sent")
        task = self._loop.create_task(
            self._stream(asked, asked.sequence, connection)
        )
        asked.streams.append(task)
        task.add_done_callback(functools.partial(_forget, asked, connection))
        return True

    async def _stream(
        self, asked: _Asked, sequence: int, connection: socket.socket
    ) -> None:
        trouble = await stream.ask(connection, asked.target)
        if trouble == stream.UNSENT:
            self._emit(asked, sequence, "unasked")
        elif trouble is not None:
            self._result(asked, sequence, trouble)

    def _result(self, asked: _Asked, sequence: int, trouble: str) -> None:
        self._emit(asked, sequence, "bad" if trouble else "good", trouble)

    def _emit(
        self,
        asked: _Asked,
        sequence: int,
        what: str,
        detail: str = "",
        at: float | None = None,
    ) -> None:
        moment = self._clock.monotonic() if at is None else at
        # By position: by name it takes twice as long.
        self._seen.append(
            base.Observation(asked.target.key, sequence, what, moment, detail)
        )

    def _note_lag(self, late: float) -> None:
        """Keep the largest lags, each until a larger one or its age."""
        with self._lock:
            while self._lags and self._lags[-1][1] <= late:
                self._lags.pop()
            self._lags.append((self._clock.monotonic(), late))


def _forget(
    asked: _Asked, connection: socket.socket, task: asyncio.Task[None]
) -> None:
    connection.close()
    if task in asked.streams:
        asked.streams.remove(task)


def _checked(target: base.Target) -> base.Target:
    """Return the target with its port.

    :raises ValueError: it cannot be asked.
    """
    if target.kind not in _PORTS:
        raise ValueError(f"{target.key}: unknown kind {target.kind}")
    address = str(ipaddress.ip_address(target.address))
    port = target.port or _PORTS[target.kind]
    if port is None:
        raise ValueError(f"{target.key}: a port is needed")
    if target.interval <= 0:
        raise ValueError(f"{target.key}: the interval must be above zero")
    return dataclasses.replace(target, address=address, port=port)
