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

"""Cuts a member off by the agent of its host: its process has ended.

Where the agent has told that the process died, that is the proof, and nobody
is asked anything. Else the agent is ordered to end it, and its answer is the
proof: from the kernel, and given after the question.

A server that was moved may have left its record on the host where it was. So
an agent is only believed about a guest that it knows as one of its host, and
not if another agent says that it runs there.
"""

from __future__ import annotations

import dataclasses
import uuid

from nham.adapters import clock as clock_
from nham.adapters import errors
from nham.adapters.agents import base as agents_
from nham.adapters.fencing import base
from nham.core import fencing
from nham.core.agent import messages

GuestState = messages.GuestState

_ENDED = (GuestState.STOPPED, GuestState.CRASHED)
#: Seconds for which an order is given that has no answer: a guest that is
#: repaired later must not be ended by it.
_PATIENCE = fencing.PROMPT
#: Seconds for which the answer to an order is kept for whoever gave it.
_KEPT = 300.0


@dataclasses.dataclass(frozen=True)
class _Order:
    id: str
    host: str
    at: float


class AgentMemberFencing(base.MemberFencing):
    """Has the host's agent end the process of one guest, and says so."""

    name = "agent"
    lasting = False
    prompt = True

    def __init__(self, agents: agents_.Agents, clock: clock_.Clock) -> None:
        self._agents = agents
        self._clock = clock
        #: The newest order about each server.
        self._orders: dict[str, _Order] = {}

    def can_fence(self, guest: base.Guest) -> bool:
        """See base class."""
        host = guest.host
        return host is not None and self._agents.heard(host)

    def fence(self, guest: base.Guest) -> None:
        """See base class.

        :raises errors.Refused: the agent of its host is not heard.
        """
        if guest.host is None or not self.can_fence(guest):
            raise errors.Refused(
                f"the agent of {guest.host or 'its host'} is not heard"
            )
        if self.proof(guest) is not None:
            return
        now = self._clock.monotonic()
        self._forget(guest.server_id, now)
        made = _Order(uuid.uuid4().hex, guest.host, now)
        self._orders[guest.server_id] = made
        try:
            self._agents.order(
                made.host,
                made.id,
                messages.Action.STOP_GUEST,
                now + _PATIENCE,
                guest.server_id,
                guest.epoch,
            )
        except LookupError as gone:
            raise errors.Refused(f"there is no host {made.host}") from gone

    def proof(self, guest: base.Guest) -> str | None:
        """See base class."""
        host = guest.host
        if host is None or not self.can_fence(guest):
            return None
        told = self._agents.told(guest.server_id)
        if host not in told or any(one not in _ENDED for one in told.values()):
            return None
        if told[host] is GuestState.CRASHED:
            return f"the agent of {host} says that its process died"
        order = self._orders.get(guest.server_id)
        if order is None or order.host != host:
            return None
        answer = self._agents.answer(host, order.id)
        if answer is None or not answer.ok:
            return None
        if guest.server_id not in answer.gone:
            return None
        return f"the agent of {host} has ended its process"

    def _forget(self, server_id: str, now: float) -> None:
        """Forget the order before about this server, and those of long ago.

        Its answer says nothing about what was started since.
        """
        for known, order in list(self._orders.items()):
            if known == server_id or now - order.at > _KEPT:
                del self._orders[known]
                self._agents.forget(order.host, order.id)
