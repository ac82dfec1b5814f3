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

"""What an agent says again until an engine has heard it.

UDP loses datagrams. What must not be lost is sent again, each time with a
new sequence number, until one of them is acknowledged or it has been said
often enough: the table of guests tells the rest.
"""

from __future__ import annotations

import dataclasses

from nham.core.agent import messages

#: Seconds between the first two times, doubled each time.
AGAIN = 0.02
#: Seconds between two times at most.
SLOWEST = 1.0
#: Times that one thing is said to an engine that does not answer.
TRIES = 12
#: Things that wait for one engine; the oldest go first.
ROOM = 512
#: Seconds after which something is no news any more.
STALE = 60.0

Said = messages.GuestEvent | messages.Result


@dataclasses.dataclass
class _Waiting:
    what: Said
    #: The moment that the event tells of; of a result, when it came.
    at: float
    tries: int = 0
    due_at: float = 0.0


class Outbox:
    """What one engine has not acknowledged yet."""

    def __init__(self) -> None:
        self._next = 0
        self._waiting: dict[int, _Waiting] = {}
        self._numbers: dict[int, int] = {}
        #: Things that were given up.
        self.lost = 0

    def put(self, what: Said, at: float) -> None:
        """Have something said as soon as ``due`` is called.

        What waits to be said already is not said twice.
        """
        if any(one.what == what for one in self._waiting.values()):
            return
        self._waiting[self._next] = _Waiting(what, at)
        self._next += 1
        if len(self._waiting) > ROOM:
            self._drop(next(iter(self._waiting)))
            self.lost += 1

    def due(self, now: float) -> list[tuple[int, Said]]:
        """Return what is to be said now, each with its key."""
        found = []
        for key, one in list(self._waiting.items()):
            if one.due_at > now:
                continue
            if one.tries >= TRIES or now - one.at > STALE:
                self._drop(key)
                self.lost += 1
                continue
            pause = min(AGAIN * 2**one.tries, SLOWEST)
            one.tries += 1
            one.due_at = now + pause
            found.append((key, _aged(one, now)))
        return found

    def next_at(self) -> float | None:
        """Return when ``due`` has something."""
        return min(
            (one.due_at for one in self._waiting.values()), default=None
        )

    def sent(self, key: int, sequence: int) -> None:
        """Take note of the sequence under which something was said."""
        self._numbers[sequence] = key

    def heard(self, sequence: int) -> None:
        """Forget what was acknowledged."""
        key = self._numbers.get(sequence)
        if key is not None:
            self._drop(key)

    def _drop(self, key: int) -> None:
        del self._waiting[key]
        for sequence in [s for s, k in self._numbers.items() if k == key]:
            del self._numbers[sequence]


def _aged(one: _Waiting, now: float) -> Said:
    if isinstance(one.what, messages.GuestEvent):
        ago = max(0.0, now - one.at)
        return dataclasses.replace(one.what, ago=ago)
    return one.what
