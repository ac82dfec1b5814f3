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

"""What engines have the host agents run inside guests, and how it ended.

An errand is one command in one guest. A state that the command takes in
is put into a file of the guest before, one that it gives out is fetched
from a file afterwards: QEMU's guest agent redirects nothing, and what it
captures of a command is bounded.
"""

from __future__ import annotations

import dataclasses
import enum
import hashlib
import json
import re
import types
from typing import TypeVar

from nham.core import plain

#: The folder of the guest that the files are in. Only root may enter it:
#: the guest agent lets everybody write to a file that it makes.
FOLDER = "/run/nham"
#: What a command gives out, and what it takes in.
EXPORT_FILE = f"{FOLDER}/export"
IMPORT_FILE = f"{FOLDER}/import"
#: By this exit code a command says that it cannot now (sysexits.h).
TEMPORARY = 75

_WORD = re.compile(r"([a-z]+)=([!-~]{0,128})")
_MOST = 2**31


class Outcome(enum.StrEnum):
    """How an errand ended."""

    DONE = "done"
    NOT_NOW = "not-now"
    FAILED = "failed"
    NO_GUEST = "no-guest"
    NO_GUEST_AGENT = "no-guest-agent"
    FORBIDDEN = "forbidden"
    TOO_LARGE = "too-large"
    DAMAGED = "damaged"
    TIMED_OUT = "timed-out"
    BUSY = "busy"
    STRANGER = "stranger"
    HYPERVISOR = "hypervisor"
    LEFT = "left"
    UNPROVED = "unproved"


MEANINGS: dict[Outcome, str] = {
    Outcome.DONE: "The command ran and exited with 0.",
    Outcome.NOT_NOW: "The command exited with 75: it cannot now.",
    Outcome.FAILED: "The command exited with another code, or by a signal.",
    Outcome.NO_GUEST: "The server does not run on this host.",
    Outcome.NO_GUEST_AGENT: "No guest agent answers in the guest.",
    Outcome.FORBIDDEN: "The guest agent may not or cannot do it.",
    Outcome.TOO_LARGE: "The state is larger than the policy allows.",
    Outcome.DAMAGED: "The state that came is not the one that was named.",
    Outcome.TIMED_OUT: "The command's time was over before it ended.",
    Outcome.BUSY: "Another command runs in the guest, or too many on the "
    "host.",
    Outcome.STRANGER: "The errand is for another host, or for another life "
    "of its agent.",
    Outcome.HYPERVISOR: "The hypervisor does not answer, or says no.",
    Outcome.LEFT: "The engine went away amid it, or broke the form; it gets "
    "no answer.",
    Outcome.UNPROVED: "Who came to the door has no key, or broke the form; "
    "he gets no answer.",
}

#: After these the same errand may end well later.
PASSING = frozenset(
    {
        Outcome.NOT_NOW,
        Outcome.NO_GUEST,
        Outcome.NO_GUEST_AGENT,
        Outcome.TIMED_OUT,
        Outcome.BUSY,
        Outcome.STRANGER,
        Outcome.HYPERVISOR,
    }
)


class Wrong(Exception):
    """What the other side sent is none of these."""


@dataclasses.dataclass(frozen=True, kw_only=True)
class Errand:
    """One command in one guest.

    :ivar host: the compute host, by the name that Nova knows it by.
    :ivar boot: the life of its agent that this is for.
    :ivar command: absolute path and arguments; no shell reads it.
    :ivar environment: ``NAME=value`` lines, all that the command has.
    :ivar timeout: seconds for all of it, from when it came.
    :ivar put: bytes of the state that come behind this and go to
        ``IMPORT_FILE`` before the command runs; None: there is none.
    :ivar digest: of these bytes, as ``digest_of`` returns it.
    :ivar fetch: bytes that a state may have which is read from
        ``EXPORT_FILE`` after the command; None: none is read.
    """

    host: str
    boot: str
    server_id: str
    command: tuple[str, ...]
    environment: tuple[str, ...] = ()
    timeout: float
    put: int | None = None
    digest: str = ""
    fetch: int | None = None

    def __post_init__(self) -> None:
        if not self.command or not self.command[0].startswith("/"):
            raise ValueError("command: must begin with an absolute path")
        if not 0 < self.timeout < _MOST:
            raise ValueError("timeout: must be more than 0")
        for name in ("put", "fetch"):
            size = getattr(self, name)
            if size is not None and not 0 <= size < _MOST:
                raise ValueError(f"{name}: must be a number of bytes")


@dataclasses.dataclass(frozen=True, kw_only=True)
class Reply:
    """How an errand ended; comes behind the state that was fetched.

    :ivar detail: what was wrong, for the operator.
    :ivar output: what the command wrote to its standard output.
    :ivar digest: of the state that was fetched.
    """

    outcome: Outcome
    detail: str = ""
    output: str = ""
    digest: str = ""


_T = TypeVar("_T", Errand, Reply)


def pack(said: Errand | Reply) -> bytes:
    """Return an errand or a reply as bytes."""
    return json.dumps(dataclasses.asdict(said)).encode()


def errand(data: bytes) -> Errand:
    """Return the errand that was packed.

    :raises Wrong: it is none.
    """
    return _unpack(Errand, data)


def reply(data: bytes) -> Reply:
    """Return the reply that was packed.

    :raises Wrong: it is none.
    """
    return _unpack(Reply, data)


def _unpack(cls: type[_T], data: bytes) -> _T:
    try:
        return plain.build(cls, json.loads(data), cls.__name__.lower(), {})
    except (ValueError, RecursionError) as error:
        raise Wrong(str(error)) from error


def digest_of(data: bytes) -> str:
    """Return what a state is known by, as one that is kept."""
    return f"sha256:{hashlib.sha256(data).hexdigest()}"


@dataclasses.dataclass(frozen=True, kw_only=True)
class Words:
    """What a command says of a state or an address, each if it can.

    :ivar digest: of the state that it gave out.
    :ivar pause: seconds that the application stood still for it.
    :ivar held: seconds from then on for which its state does not change.
    :ivar started: another word each time it starts without its state.
    :ivar imported: digest of the state that it took in last.
    :ivar claimed: ``yes`` or ``no``: whether the guest has the address.
    """

    digest: str = ""
    pause: float | None = None
    held: float = 0.0
    started: str = ""
    imported: str = ""
    claimed: str = ""


#: What each word must be.
RULES = types.MappingProxyType(
    {
        "digest": r"sha256:[0-9a-f]{64}",
        "pause": r"[0-9]{1,9}(\.[0-9]{1,9})?",
        "held": r"[0-9]{1,9}(\.[0-9]{1,9})?",
        "started": r"[!-~]{0,64}",
        "imported": r"(sha256:[0-9a-f]{64})?",
        "claimed": r"yes|no",
    }
)


def words(output: str) -> Words:
    """Return what a command said: a line ``name=value`` for each word.

    Lines that name no word are for people.

    :raises Wrong: the value of a word is not what it must be.
    """
    found: dict[str, str | float] = {}
    for line in output.splitlines():
        match = _WORD.fullmatch(line.strip())
        if match is None or match[1] not in RULES:
            continue
        name, value = match[1], match[2]
        if re.fullmatch(RULES[name], value) is None:
            raise Wrong(f"{name}: {value!r} is not of the form {RULES[name]}")
        found[name] = float(value) if name in ("pause", "held") else value
    return Words(**found)  # type: ignore[arg-type]
