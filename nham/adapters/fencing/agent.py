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

"""Fencing by the host's own agent: it ends all guests, and says so.

It serves where a host is out of Nova's reach but not out of the agent's.
Its proof ends with the agent's word: once the agent is not heard any more,
or says that a guest of the host runs, nothing is proved.
"""

from __future__ import annotations

import uuid

from nham.adapters import clock as clock_
from nham.adapters import errors
from nham.adapters.agents import base as agents_
from nham.adapters.fencing import base
from nham.core.agent import messages

#: Seconds for which an order is given that has no answer.
_PATIENCE = 10.0


class AgentFencing(base.HostFencing):
    """Asks the agent of a host to end all guests there."""

    name = "agent"

    def __init__(self, agents: agents_.Agents, clock: clock_.Clock) -> None:
        self._agents = agents
        self._clock = clock
        #: The newest order to each host; a new one for each new fence,
        #: since an agent does each order once.
        self._orders: dict[str, str] = {}

    def can_fence(self, host: str) -> bool:
        """See base class."""
        return self._agents.heard(host)

    def fence(self, host: str) -> None:
        """See base class.

        :raises errors.Refused: its agent is not heard.
        """
        if not self.can_fence(host):
            raise errors.Refused(self.trouble(host))
        if self.proof(host) is not None:
            return
        known = self._orders.get(host, "")
        if not known or self._agents.answer(host, known) is not None:
            # Guests may have been started since that one ended.
            self._agents.forget(host, known)
            self._orders[host] = uuid.uuid4().hex
        until = self._clock.monotonic() + _PATIENCE
        action = messages.Action.STOP_ALL
        try:
            self._agents.order(host, self._orders[host], action, until)
        except LookupError as gone:
            raise errors.Refused(self.trouble(host)) from gone

    def trouble(self, host: str) -> str:
        """See base class."""
        if not self.can_fence(host):
            return f"the agent of {host} is not heard"
        answer = self._agents.answer(host, self._orders.get(host, ""))
        if answer is not None and not answer.ok:
            return f"the agent of {host} could not: {answer.detail}"
        return ""

    def proof(self, host: str) -> str | None:
        """See base class."""
        answer = self._agents.answer(host, self._orders.get(host, ""))
        if answer is None or not answer.ok or not self.can_fence(host):
            return None
        if self._agents.running(host) != frozenset():
            return None
        gone = ", ".join(sorted(answer.gone)) or "none"
        return f"the agent of {host} ended all guests: {gone}"
