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

"""The table of one host's guests, as its agent has told of it.

Datagrams come late, twice, in another order, or not at all: what is newer
counts, by the numbers that the agent gave.
"""

from __future__ import annotations

from nham.core.agent import messages
from nham.core.agent import refusals
from nham.core.agent import replay

GuestState = messages.GuestState
Happening = messages.Happening

#: What an event makes of a guest; the others leave it as it is.
_BECOMES = {
    Happening.CRASHED: GuestState.CRASHED,
    Happening.STOPPED: GuestState.STOPPED,
    Happening.STARTED: GuestState.RUNNING,
    Happening.PAUSED: GuestState.PAUSED,
    Happening.RESUMED: GuestState.RUNNING,
}


class Table:
    """What one life of an agent says of its host's guests.

    :ivar digest: of the newest whole table that came, with what has changed
        since; empty before one. A heartbeat with another one has a newer
        table to tell of.
    :ivar died: since when the processes of these servers are gone, without
        anybody having asked for it; the engine's monotonic seconds.
    """

    def __init__(self) -> None:
        self.digest = ""
        self.died: dict[str, float] = {}
        self._states: dict[str, GuestState] = {}
        #: The newest word on each server: event's and datagram's number.
        self._events: dict[str, int] = {}
        self._at: dict[str, int] = {}
        self._seen = replay.Window()
        self._whole = -1
        self._coming: dict[int, tuple[tuple[str, GuestState], ...]] = {}
        self._coming_of = ("", 0)

    def state(self, server_id: str) -> GuestState | None:
        """Return what a guest is; None: it is not in the table."""
        return self._states.get(server_id)

    @property
    def running(self) -> frozenset[str]:
        """The servers whose processes live."""
        return frozenset(
            server_id
            for server_id, state in self._states.items()
            if state in (GuestState.RUNNING, GuestState.PAUSED)
        )

    def event(self, event: messages.GuestEvent, at: float) -> None:
        """Take an event in.

        :param at: when it came.
        :raises refusals.Refused: it came before.
        """
        self._seen.admit(event.event)
        server_id, state = event.server_id, _BECOMES.get(event.what)
        newest = self._events.get(server_id, -1)
        if state is not None and event.event > newest:
            self._events[server_id] = event.event
            self._at[server_id] = event.sequence
            self._note(server_id, state, at - event.ago)
            if self.digest:
                self.digest = messages.digest_of(self._states.items())

    def part(self, part: messages.Guests, at: float) -> None:
        """Take a part of a table in; the last of them completes it.

        :raises refusals.Refused: it cannot be a part of a table.
        """
        if part.part >= part.parts:
            raise refusals.Refused(refusals.Reason.FIELD, "part")
        of = (part.digest, part.parts)
        if of != self._coming_of:
            self._coming_of, self._coming = of, {}
        self._coming[part.part] = part.table
        if len(self._coming) == part.parts and part.sequence > self._whole:
            whole = {
                server_id: state
                for rows in self._coming.values()
                for server_id, state in rows
            }
            self._whole, self._coming = part.sequence, {}
            self._replace(whole, part, at)

    def _replace(
        self, whole: dict[str, GuestState], last: messages.Guests, at: float
    ) -> None:
        # The table was made before the first of its parts was sent.
        made = last.sequence - last.parts
        for server_id in self._states.keys() | whole.keys():
            if self._at.get(server_id, -1) > made:
                continue
            state = whole.get(server_id)
            if state is None:
                del self._states[server_id]
                self.died.pop(server_id, None)
                self._events.pop(server_id, None)
                self._at.pop(server_id, None)
            else:
                self._note(server_id, state, at)
        self.digest = last.digest

    def _note(self, server_id: str, state: GuestState, since: float) -> None:
        self._states[server_id] = state
        if state is GuestState.CRASHED:
            self.died.setdefault(server_id, since)
        else:
            self.died.pop(server_id, None)
