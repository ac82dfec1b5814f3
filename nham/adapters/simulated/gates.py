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

"""The doors of the simulated services: where a call may go wrong."""

from __future__ import annotations

import collections
from collections.abc import Iterator
import contextlib

from nham.adapters import errors
from nham.adapters.simulated import clock as virtual
from nham.adapters.simulated import records

SYSTEMS = (
    "nova",
    "glance",
    "cinder",
    "neutron",
    "octavia",
    "tacker",
    "hook",
)


class Gates:
    """Lets calls through, or does what a bad day does to them.

    :ivar log: every call, oldest first.
    """

    def __init__(self, clock: virtual.VirtualClock) -> None:
        self._clock = clock
        self._down: dict[str, float] = {}
        self._slow: dict[str, tuple[float, float]] = {}
        self._once: dict[tuple[str, str], collections.deque[bool]] = {}
        self.log: list[records.Request] = []

    def down(self, system: str, seconds: float) -> None:
        """Let every call of a system fail for so long."""
        self._down[self._known(system)] = self._clock.monotonic() + seconds

    def is_down(self, system: str) -> bool:
        """Say whether every call of a system fails now."""
        until = self._down.get(self._known(system), 0.0)
        return self._clock.monotonic() < until

    def slow(self, system: str, seconds: float, delay: float) -> None:
        """Let every call of a system take ``delay`` longer for so long."""
        until = self._clock.monotonic() + seconds
        self._slow[self._known(system)] = (until, delay)

    def error_once(self, system: str, call: str, after: bool) -> None:
        """Let the next such call fail.

        :param after: it is done all the same, only the answer is lost.
        """
        key = (self._known(system), call)
        self._once.setdefault(key, collections.deque()).append(after)

    @contextlib.contextmanager
    def call(
        self, system: str, call: str, subject: str = "", user_id: str = ""
    ) -> Iterator[None]:
        """Pass one call through the door.

        :raises errors.Unavailable: as injected.
        """
        now = self._clock.monotonic()
        until, delay = self._slow.get(system, (0.0, 0.0))
        if now < until:
            self._clock.sleep(delay)
        self.log.append(
            records.Request(
                at=self._clock.now(),
                system=system,
                call=call,
                subject=subject,
                user_id=user_id,
            )
        )
        if self.is_down(system):
            raise errors.Unavailable(f"{system} is down")
        waiting = self._once.get((system, call))
        lost = waiting.popleft() if waiting else None
        if lost is False:
            raise errors.Unavailable(f"{system}: {call} failed once")
        yield
        if lost:
            raise errors.Unavailable(f"{system}: answer of {call} lost")

    @staticmethod
    def _known(system: str) -> str:
        if system not in SYSTEMS:
            raise ValueError(f"{system}: not one of {', '.join(SYSTEMS)}")
        return system
