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

"""The hook by QEMU's guest agent: commands in the guest, no network to it.

The agent of the guest's host runs the commands that the descriptor names,
and carries the state. ``doc/source/hook.rst`` tells the authors of VNFs what
the commands are given and what they say.
"""

from __future__ import annotations

import socket
import time

from nham.adapters import errors
from nham.adapters.agents import base as agents_
from nham.adapters.agents import link as link_
from nham.adapters.hooks import base
from nham.core.agent import door
from nham.core.agent import errands

#: Share of a call's time that the command and the way of the state have;
#: the rest is for the agent to say that it was too little.
_SHARE = 0.9
#: All that a command finds in its environment, beside what is NHAM's.
_PATH = "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"


class GuestAgentHook(base.Hook):
    """Has the agents of the hosts run commands in their guests."""

    name = "guest_agent"

    def __init__(self, agents: agents_.Agents) -> None:
        self._agents = agents

    def export_state(
        self, endpoint: base.Endpoint, max_size: int, hold: int = 0
    ) -> base.Exported:
        """See base class."""
        guest = _guest(endpoint)
        call = _Call(
            endpoint, (*guest.export_command, errands.EXPORT_FILE), max_size
        )
        if hold:
            call.environment.append(f"NHAM_HOLD={hold}")
        said, data = call.run(self._agents)
        if said.digest != errands.digest_of(data):
            found = said.digest or "no digest"
            raise errors.Refused(
                f"{call.what}: the command says {found}, the state has "
                f"{errands.digest_of(data)}"
            )
        return base.Exported(
            data=data,
            pause=said.pause,
            held=said.held,
            started=said.started,
            imported=said.imported,
        )

    def imported(self, endpoint: base.Endpoint) -> str:
        """See base class; the export command without a file is asked."""
        call = _Call(endpoint, _guest(endpoint).export_command)
        said, _nothing = call.run(self._agents)
        return said.imported

    def import_state(
        self, endpoint: base.Endpoint, data: bytes, sender: str
    ) -> None:
        """See base class."""
        guest = _guest(endpoint)
        call = _Call(endpoint, (*guest.import_command, errands.IMPORT_FILE))
        call.environment += [
            f"NHAM_DIGEST={errands.digest_of(data)}",
            f"NHAM_SENDER={sender}",
        ]
        call.run(self._agents, data)

    def claim(self, endpoint: base.Endpoint, address: str) -> None:
        """See base class."""
        self._about("claim", endpoint, address)

    def has_claimed(self, endpoint: base.Endpoint, address: str) -> bool:
        """See base class."""
        claimed = self._about("claimed", endpoint, address)
        if not claimed:
            raise errors.Refused(
                f"server {_guest(endpoint).server_id}: the claim_command "
                "says neither claimed=yes nor claimed=no"
            )
        return claimed == "yes"

    def let_go(self, endpoint: base.Endpoint, address: str) -> None:
        """See base class."""
        self._about("let-go", endpoint, address)

    def _about(self, word: str, endpoint: base.Endpoint, address: str) -> str:
        guest = _guest(endpoint)
        if not guest.claim_command:
            raise errors.Refused("the policy names no claim_command")
        call = _Call(endpoint, (*guest.claim_command, word, address))
        said, _nothing = call.run(self._agents)
        return said.claimed


def _guest(endpoint: base.Endpoint) -> base.Guest:
    if endpoint.guest is None:
        raise errors.Refused("the policy names no commands")
    return endpoint.guest


class _Call:
    """One command in one guest.

    :param fetch: bytes that the state may have that it gives out; None:
        it gives out none.
    """

    def __init__(
        self,
        endpoint: base.Endpoint,
        command: tuple[str, ...],
        fetch: int | None = None,
    ) -> None:
        self._server_id = _guest(endpoint).server_id
        self._until = time.monotonic() + endpoint.timeout
        self._command = command
        self._fetch = fetch
        self.environment = [_PATH]
        self.what = f"{command[0]} in server {self._server_id}"

    def run(
        self, agents: agents_.Agents, state: bytes | None = None
    ) -> tuple[errands.Words, bytes]:
        """Return what the command said, and the state that it gave out.

        :param state: what it takes in; None: nothing.
        :raises errors.Unavailable: see ``base.Hook``.
        :raises errors.Refused: see ``base.Hook``.
        """
        at = agents.door(self._server_id)
        self.what += f" on {at.host}"
        try:
            reply, data = self._talk(at, state)
            if reply.outcome is errands.Outcome.DONE:
                return errands.words(reply.output), data
        except OSError as error:
            raise errors.Unavailable(f"{self.what}: {error}") from error
        except (door.Wrong, errands.Wrong) as error:
            raise errors.Refused(f"{self.what}: {error}") from error
        text = f"{errands.MEANINGS[reply.outcome]} {reply.detail}".strip()
        if reply.outcome in errands.PASSING:
            raise errors.Unavailable(f"{self.what}: {text}")
        raise errors.Refused(f"{self.what}: {text}")

    def _talk(
        self, at: agents_.Door, state: bytes | None
    ) -> tuple[errands.Reply, bytes]:
        place = door.place(at.where)
        with socket.create_connection(place, self._left()) as sock:
            link = link_.Link(sock, self._until)
            link.greet(at.ring)
            link.say_errand(self._errand(at, state), state or b"")
            return self._answer(link)

    def _errand(self, at: agents_.Door, state: bytes | None) -> errands.Errand:
        return errands.Errand(
            host=at.host,
            boot=at.boot,
            server_id=self._server_id,
            command=self._command,
            environment=tuple(self.environment),
            timeout=self._left() * _SHARE,
            put=None if state is None else len(state),
            digest="" if state is None else errands.digest_of(state),
            fetch=self._fetch,
        )

    def _answer(self, link: link_.Link) -> tuple[errands.Reply, bytes]:
        data = bytearray()
        while True:
            kind, content = link.hear()
            if kind is door.Kind.REPLY:
                reply = errands.reply(content)
                break
            data += content
            if kind is not door.Kind.STATE or len(data) > (self._fetch or 0):
                raise door.Wrong("the agent sends what was not asked for")
        whole = bytes(data)
        fetched = self._fetch is not None and (
            reply.outcome is errands.Outcome.DONE
        )
        if fetched and reply.digest != errands.digest_of(whole):
            raise door.Wrong("the state came damaged")
        return reply, whole

    def _left(self) -> float:
        left = self._until - time.monotonic()
        if left <= 0:
            raise TimeoutError("the call has taken too long")
        return left
