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

"""No agents: nothing is known of any host by its own word."""

from __future__ import annotations

from collections.abc import Mapping

from nham.adapters import errors
from nham.adapters.agents import base
from nham.core import facts
from nham.core.agent import exchange
from nham.core.agent import messages
from nham.core.agent import refusals
from nham.core.agent import terms


class NoAgents(base.Agents):
    """Stands in where the engine listens to no agents."""

    terms = terms.Terms()

    def set_hosts(self, names: frozenset[str]) -> None:
        """See base class."""

    def set_exclusive(self, wanted: Mapping[str, frozenset[str]]) -> None:
        """See base class."""

    def set_leases(self, withdrawn: frozenset[str], read_at: float) -> None:
        """See base class."""

    def health(self, host: str) -> facts.Health:
        """See base class."""
        return facts.Health.UNKNOWN

    def hypervisor(self, host: str) -> bool:
        """See base class."""
        return True

    def deaths(self) -> frozenset[tuple[str, str]]:
        """See base class."""
        return frozenset()

    def running(self, host: str) -> frozenset[str] | None:
        """See base class."""
        return None

    def door(self, server_id: str) -> base.Door:
        """See base class."""
        raise errors.Refused(
            "a command in a guest needs the hosts' agents, and [agent] "
            "bind_port is 0"
        )

    def told(self, server_id: str) -> Mapping[str, messages.GuestState]:
        """See base class."""
        return {}

    def duty(self, host: str) -> exchange.Duty | None:
        """See base class."""
        return None

    def wanted(self, host: str) -> frozenset[str]:
        """See base class."""
        return frozenset()

    def order(
        self,
        host: str,
        command_id: str,
        action: messages.Action,
        until: float,
        server_id: str = "",
        epoch: int = 0,
    ) -> None:
        """See base class."""
        raise LookupError(host)

    def answer(self, host: str, command_id: str) -> exchange.Answer | None:
        """See base class."""
        return None

    def forget(self, host: str, command_id: str) -> None:
        """See base class."""

    def lag(self) -> float:
        """See base class."""
        return 0.0

    def refused(self) -> Mapping[refusals.Reason, int]:
        """See base class."""
        return {}

    def close(self) -> None:
        """See base class."""
