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

"""Says what happens while it happens."""

from __future__ import annotations

import time


class Live:
    """Prints one line for each thing, with the seconds since the start."""

    def __init__(self) -> None:
        self._start = time.monotonic()
        self._zero: float | None = None

    def say(self, text: str) -> None:
        """Print one line."""
        now = time.monotonic()
        stamp = f"[{now - self._start:6.1f} s]"
        if self._zero is not None:
            stamp += f" {now - self._zero:+7.2f} s"
        print(stamp, text, flush=True)

    def zero(self, text: str) -> float:
        """Print a fault's line; later ones tell the time since it."""
        self._zero = time.monotonic()
        self.say(text)
        return self._zero

    def calm(self) -> None:
        """Count no longer from the last fault."""
        self._zero = None
