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

"""What libvirt's numbers mean to us: its events and its states.

The numbers are part of libvirt's stable interface (libvirt-domain.h), so
the library is not needed to read them.
"""

from __future__ import annotations

from nham.core.agent import guests
from nham.core.agent import messages

_Happening = messages.Happening
_State = messages.GuestState
_Told = guests.Told
_Word = guests.Word

#: By virDomainEventType: events that mean one thing whatever the detail.
_PLAIN = {
    2: _Told(_Happening.STARTED, detail="started"),
    4: _Told(_Happening.RESUMED, detail="resumed"),
    6: _Told(None, _Word.LEAVING, "shutting down"),
    8: _Told(_Happening.PANICKED, detail="panicked"),
}
_SUSPENDED = 3
_STOPPED = 5
#: By virDomainEventSuspendedDetailType.
_SUSPENDED_FOR = (
    "paused",
    "migrating",
    "disk error",
    "watchdog",
    "restored",
    "restored from a snapshot",
    "an error of libvirt's interface",
    "post-copy",
    "post-copy failed",
)
#: By virDomainEventStoppedDetailType.
_STOPPED_FOR = (
    (_Word.ENDED, "shut down"),
    (_Word.ENDED, "destroyed"),
    (_Word.CRASHED, "crashed"),
    (_Word.ENDED, "migrated away"),
    (_Word.ENDED, "saved"),
    (_Word.CRASHED, "failed"),
    (_Word.ENDED, "snapshot loaded"),
)
#: By virDomainState.
_STATES = {
    1: _State.RUNNING,
    2: _State.RUNNING,
    3: _State.PAUSED,
    4: _State.RUNNING,
    5: _State.STOPPED,
    6: _State.CRASHED,
    7: _State.PAUSED,
}
_SHUT_OFF = 5
#: By virDomainShutoffReason: of a guest that libvirt did not see end
#: (unknown, daemon) it cannot tell why.
_SHUT_OFF_FOR = {
    1: _Word.ENDED,
    2: _Word.ENDED,
    3: _Word.CRASHED,
    4: _Word.ENDED,
    5: _Word.ENDED,
    6: _Word.CRASHED,
    7: _Word.ENDED,
}
#: By virConnectDomainEventAgentLifecycleState.
_GUEST_AGENT = {
    1: _Told(_Happening.AGENT_BACK),
    2: _Told(_Happening.AGENT_LOST),
}


def lifecycle(event: int, detail: int) -> guests.Told | None:
    """Return what an event of a guest's life means; None: nothing."""
    if event == _SUSPENDED:
        return _Told(_Happening.PAUSED, detail=_named(_SUSPENDED_FOR, detail))
    if event == _STOPPED:
        if not 0 <= detail < len(_STOPPED_FOR):
            return _Told(_Happening.STOPPED, _Word.ENDED, f"reason {detail}")
        word, text = _STOPPED_FOR[detail]
        return _Told(None, word, text)
    return _PLAIN.get(event)


def watchdog(action: int) -> guests.Told:
    """Return what the end of a guest's own watchdog means."""
    return _Told(_Happening.WATCHDOG, detail=f"action {action}")


def io_error(disk: str, reason: str) -> guests.Told:
    """Return what an error of a disk means."""
    detail = messages.short(f"{disk}: {reason or 'error'}")
    return _Told(_Happening.IO_ERROR, detail=detail)


def guest_agent(state: int) -> guests.Told | None:
    """Return what news of the agent inside a guest mean."""
    return _GUEST_AGENT.get(state)


def listed(state: int, reason: int) -> guests.Listed:
    """Return what a line of libvirt's list means."""
    word = _Word.NONE
    if state == _SHUT_OFF:
        word = _SHUT_OFF_FOR.get(reason, _Word.NONE)
    if word is _Word.CRASHED:
        return guests.Listed(_State.CRASHED, word)
    return guests.Listed(_STATES.get(state, _State.OTHER), word)


def _named(names: tuple[str, ...], number: int) -> str:
    return names[number] if 0 <= number < len(names) else f"reason {number}"
