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

"""The guests of one host, put together from two witnesses.

The processes are seen by the kernel, the rest is the hypervisor's word. A
guest whose process is in hand is alive, whatever the hypervisor says of it;
one whose process was never found is as the hypervisor says.
"""

from __future__ import annotations

from collections.abc import Mapping
import dataclasses

from nham.core.agent import deaths
from nham.core.agent import messages

Exit = deaths.Exit
Happening = messages.Happening
State = messages.GuestState
Word = deaths.Word

#: Seconds for which the word that a guest is about to end explains an end.
LEAVES_WITHIN = 30.0
_AFTER = {
    Happening.STARTED: State.RUNNING,
    Happening.RESUMED: State.RUNNING,
    Happening.PAUSED: State.PAUSED,
    Happening.STOPPED: State.STOPPED,
    Happening.CRASHED: State.CRASHED,
}
_ENDED = (State.STOPPED, State.CRASHED)
_ALIVE = (State.RUNNING, State.PAUSED)


@dataclasses.dataclass(frozen=True)
class Event:
    """Something happened to a guest, at a moment of the agent's clock."""

    server_id: str
    what: Happening
    at: float
    detail: str = ""


@dataclasses.dataclass(frozen=True)
class Told:
    """What the hypervisor tells of a guest.

    :ivar what: None: only ``word`` is news.
    :ivar word: of its end, if it is about that.
    :ivar detail: in the hypervisor's own words.
    """

    what: Happening | None
    word: Word = Word.NONE
    detail: str = ""


@dataclasses.dataclass(frozen=True)
class Listed:
    """What the hypervisor's list says of a guest."""

    state: State
    word: Word = Word.NONE


@dataclasses.dataclass
class _Guest:
    state: State
    #: Its process is in hand.
    process: bool = False
    #: Its process was in hand once.
    witnessed: bool = False
    #: When it was seen to be dead; None: it was not.
    dead_at: float | None = None
    end: Exit = Exit.UNKNOWN
    word: Word = Word.NONE
    word_at: float = 0.0
    detail: str = ""
    #: This agent ends it.
    ours: bool = False
    #: What its death was said to be.
    said: Happening | None = None

    def live_again(self) -> None:
        """Forget the life before."""
        self.dead_at, self.said = None, None
        self.end, self.word, self.ours = Exit.UNKNOWN, Word.NONE, False
        self.detail = ""


class Guests:
    """The table of guests, and the events that it makes of what is seen.

    :param patience: seconds in which the hypervisor tells why a guest
        ended.
    """

    def __init__(self, patience: float) -> None:
        self._patience = patience
        self._guests: dict[str, _Guest] = {}
        self._events: list[Event] = []
        #: Before the first list nothing is news.
        self._listed = False

    def table(self) -> dict[str, State]:
        """Return all guests and what is known of each."""
        return {key: one.state for key, one in self._guests.items()}

    def running(self) -> frozenset[str]:
        """Return the guests that may serve."""
        return frozenset(
            key
            for key, one in self._guests.items()
            if one.process or one.state not in _ENDED
        )

    def events(self) -> list[Event]:
        """Return what has happened since this was called last."""
        found, self._events = self._events, []
        return found

    def due(self, now: float) -> None:
        """Judge the deaths whose time is over."""
        for key, guest in self._guests.items():
            if guest.dead_at is not None and guest.said is None:
                self._judge(key, guest, now)

    def next_at(self) -> float | None:
        """Return when ``due`` has something to do."""
        return min(
            (
                one.dead_at + self._patience
                for one in self._guests.values()
                if one.dead_at is not None and one.said is None
            ),
            default=None,
        )

    def appeared(self, server_id: str, now: float) -> None:
        """The process of a guest was found."""
        guest = self._of(server_id)
        guest.process = guest.witnessed = True
        self._started(server_id, guest, now, "")

    def died(self, server_id: str, end: Exit, now: float) -> None:
        """The process of a guest is gone, or is said how it ended."""
        guest = self._of(server_id)
        guest.process = False
        if end is not Exit.UNKNOWN:
            guest.end = end
        if guest.dead_at is None:
            guest.dead_at = now
        self._judge(server_id, guest, now)

    def ends(self, server_id: str) -> None:
        """This agent is about to end a guest."""
        self._of(server_id).ours = True

    def told(self, server_id: str, told: Told, now: float) -> None:
        """The hypervisor tells of a guest."""
        guest = self._of(server_id)
        if told.word is not Word.NONE:
            self._heard(server_id, guest, told.word, told.detail, now)
        elif told.what is Happening.STARTED:
            self._started(server_id, guest, now, told.detail)
        elif told.what is not None:
            if told.what is Happening.RESUMED:
                # It was about to end and has thought better of it, as a
                # reboot does.
                guest.word = Word.NONE
            if guest.state in _ALIVE:
                # Of any other the start is still to be said: libvirt tells
                # that it was resumed first.
                guest.state = _AFTER.get(told.what, guest.state)
            self._say(server_id, told.what, now, told.detail)

    def listed(self, found: Mapping[str, Listed], now: float) -> None:
        """Take the hypervisor's whole list, which mends what was missed."""
        for key in self._guests.keys() - found.keys():
            guest = self._guests[key]
            if not guest.process and (
                guest.dead_at is None or guest.said is not None
            ):
                del self._guests[key]
        for key, listed in found.items():
            if key not in self._guests and not self._listed:
                self._guests[key] = _Guest(listed.state)
                continue
            self._compare(key, listed, now)
        self._listed = True

    def _compare(self, key: str, listed: Listed, now: float) -> None:
        guest = self._of(key)
        if listed.state in _ENDED or listed.word is not Word.NONE:
            if not guest.process and guest.dead_at is None:
                if guest.state in _ENDED:
                    return
                guest.dead_at = now
            if guest.dead_at is not None and guest.word is Word.NONE:
                self._heard(key, guest, listed.word, "", now)
        elif guest.process or guest.dead_at is None or not guest.witnessed:
            if guest.state in _ENDED or guest.state is State.OTHER:
                self._started(key, guest, now, "")
            if listed.state is not State.OTHER:
                guest.state = listed.state

    def _of(self, server_id: str) -> _Guest:
        return self._guests.setdefault(server_id, _Guest(State.OTHER))

    def _started(
        self, key: str, guest: _Guest, now: float, detail: str
    ) -> None:
        if guest.dead_at is not None and guest.said is None:
            self._judge(key, guest, guest.dead_at + self._patience)
        alive = guest.state in _ALIVE
        guest.live_again()
        if not alive:
            guest.state = State.RUNNING
            if self._listed:
                self._say(key, Happening.STARTED, now, detail)

    def _heard(
        self, key: str, guest: _Guest, word: Word, detail: str, now: float
    ) -> None:
        """Take what the hypervisor says of a guest's end."""
        guest.word, guest.word_at, guest.detail = word, now, detail
        if word is Word.LEAVING or guest.process:
            # What lives is alive; the process says when it is not.
            if guest.dead_at is not None:
                self._judge(key, guest, now)
            return
        if guest.dead_at is None:
            if guest.state in _ENDED:
                return
            guest.dead_at = now
        self._judge(key, guest, now)

    def _judge(self, key: str, guest: _Guest, now: float) -> None:
        """Say what a death means, or correct what was said of it."""
        assert guest.dead_at is not None
        word = guest.word
        if (
            word is Word.LEAVING
            and guest.dead_at - guest.word_at > LEAVES_WITHIN
        ):
            word = Word.NONE
        waited = now >= guest.dead_at + self._patience
        what = deaths.judge(guest.ours, word, guest.end, waited)
        if what is None or what is guest.said:
            return
        guest.said = what
        guest.state = _AFTER[what]
        self._say(key, what, guest.dead_at, guest.detail or guest.end.value)

    def _say(self, key: str, what: Happening, at: float, detail: str) -> None:
        self._events.append(Event(key, what, at, detail))
