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

"""Messages of all kinds, as the tests need them."""

from __future__ import annotations

from typing import Any

from nham.core.agent import messages
from nham.core.agent import wire

RING = wire.KeyRing((("k1", b"1" * 32), ("k2", b"2" * 32)))
SERVER = "5f0c1b6e-8a53-4a8e-9f0e-0d6a4c0c1b6e"

_AGENT: dict[str, Any] = {
    "host": "cmp1",
    "boot": "b" * 36,
    "sequence": 7,
    "nonce": "n" * 32,
}
_ENGINE: dict[str, Any] = {
    "engine": "ctl1",
    "life": "e" * 36,
    "host": "cmp1",
    "boot": "b" * 36,
    "sequence": 9,
    "echo": 7,
}


def heartbeat(**changes: Any) -> messages.Heartbeat:
    fields = {
        **_AGENT,
        "sent_at": 12.5,
        "guests": 1,
        "digest": "d" * 16,
        "hypervisor_ok": True,
        "version": "1.2",
        **changes,
    }
    return messages.Heartbeat(**fields)


def guests(**changes: Any) -> messages.Guests:
    fields = {
        **_AGENT,
        "digest": "d" * 16,
        "part": 0,
        "parts": 1,
        "table": ((SERVER, messages.GuestState.RUNNING),),
        **changes,
    }
    return messages.Guests(**fields)


def event(**changes: Any) -> messages.GuestEvent:
    fields = {
        **_AGENT,
        "event": 1,
        "server_id": SERVER,
        "what": messages.Happening.CRASHED,
        "ago": 0.01,
        **changes,
    }
    return messages.GuestEvent(**fields)


def result(**changes: Any) -> messages.Result:
    fields = {**_AGENT, "command_id": "c1", "ok": True, **changes}
    return messages.Result(**fields)


def ack(**changes: Any) -> messages.Ack:
    return messages.Ack(**{**_ENGINE, "nonce": "n" * 32, **changes})


def exclusive(**changes: Any) -> messages.Exclusive:
    fields = {
        **_ENGINE,
        "digest": "d" * 16,
        "part": 0,
        "parts": 1,
        "servers": (SERVER,),
        **changes,
    }
    return messages.Exclusive(**fields)


def command(**changes: Any) -> messages.Command:
    fields = {
        **_ENGINE,
        "command_id": "c1",
        "action": messages.Action.STOP_ALL,
        **changes,
    }
    return messages.Command(**fields)


ALL = (heartbeat, guests, event, result, ack, exclusive, command)
