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

"""Time, as something that is handed in.

Everything that waits or dates takes a clock, so that the simulated cloud
can run the same code in virtual time.
"""

from __future__ import annotations

import abc
import threading
import time


class Clock(abc.ABC):
    """Tells the time and waits."""

    @abc.abstractmethod
    def now(self) -> float:
        """Wall clock, seconds since the epoch: for records."""

    @abc.abstractmethod
    def monotonic(self) -> float:
        """Seconds that never jump: for time-outs."""

    @abc.abstractmethod
    def sleep(self, seconds: float) -> None:
        """Wait, or return early when the process is to stop."""


class SystemClock(Clock):
    """The machine's clock; ``stop`` wakes all who wait."""

    def __init__(self) -> None:
        self._stopped = threading.Event()

    def now(self) -> float:
        """See base class."""
        return time.time()

    def monotonic(self) -> float:
        """See base class."""
        return time.monotonic()

    def sleep(self, seconds: float) -> None:
        """See base class."""
        self._stopped.wait(seconds)

    @property
    def stopped(self) -> bool:
        """The process is to stop."""
        return self._stopped.is_set()

    def stop(self) -> None:
        """Wake all who wait, and let nobody wait any more."""
        self._stopped.set()
