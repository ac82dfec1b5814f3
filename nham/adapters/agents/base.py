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

"""What the host agents tell, and what they can be told."""

from __future__ import annotations

import abc
from collections.abc import Mapping
import dataclasses

from nham.core import facts
from nham.core.agent import exchange
from nham.core.agent import messages
from nham.core.agent import refusals
from nham.core.agent import terms as terms_
from nham.core.agent import wire


@dataclasses.dataclass(frozen=True, kw_only=True)
class Door:
    """Where the agent of a host takes errands.

    :ivar where: ``address:port``, by TCP.
    :ivar boot: the agent's life.
    """

    host: str
    where: str
    boot: str
    ring: wire.KeyRing = dataclasses.field(repr=False)


class Agents(abc.ABC):
    """All hosts' agents; may be used from several threads."""

    terms: terms_.Terms

    @abc.abstractmethod
    def set_hosts(self, names: frozenset[str]) -> None:
        """Listen to the agents of these hosts and no others."""

    @abc.abstractmethod
    def set_exclusive(self, wanted: Mapping[str, frozenset[str]]) -> None:
        """Have the agents end these servers, by host, without a lease."""

    @abc.abstractmethod
    def set_leases(self, withdrawn: frozenset[str], read_at: float) -> None:
        """Take note of which hosts are to get no lease.

        :param read_at: when the records' reading was begun, monotonic
            seconds; leases are granted for a moment only after it.
        """

    @abc.abstractmethod
    def health(self, host: str) -> facts.Health:
        """Return what is believed of a host by its agent's heartbeats."""

    def heard(self, host: str) -> bool:
        """Say whether a host's agent is heard now, late or not."""
        return self.health(host) in (facts.Health.OK, facts.Health.SLOW)

    @abc.abstractmethod
    def hypervisor(self, host: str) -> bool:
        """Say whether libvirt answers, as far as the host's agent tells."""

    @abc.abstractmethod
    def deaths(self) -> frozenset[tuple[str, str]]:
        """Return the hosts and servers whose processes died unasked.

        That is the host's own word, and only while its agent is heard.
        """

    @abc.abstractmethod
    def running(self, host: str) -> frozenset[str] | None:
        """Return the servers whose processes live; None: not known."""

    @abc.abstractmethod
    def door(self, server_id: str) -> Door:
        """Return where commands for a server's guest are taken.

        :raises errors.Unavailable: no agent that is heard runs the server,
            or more than one does.
        :raises errors.Refused: no agents are listened to, or this one takes
            no commands.
        """

    @abc.abstractmethod
    def told(self, server_id: str) -> Mapping[str, messages.GuestState]:
        """Return what the agents say of a server, by host: the newest words.

        Those in whose tables it is not say nothing.
        """

    @abc.abstractmethod
    def duty(self, host: str) -> exchange.Duty | None:
        """Return what the agent does without a lease; None: not known."""

    @abc.abstractmethod
    def wanted(self, host: str) -> frozenset[str]:
        """Return the servers that need the lease on a host."""

    @abc.abstractmethod
    def order(
        self,
        host: str,
        command_id: str,
        action: messages.Action,
        until: float,
        server_id: str = "",
        epoch: int = 0,
    ) -> None:
        """Have an agent do something; twice does no harm.

        :param until: from which moment on nobody wants it any more,
            monotonic seconds.
        :param server_id: as of ``messages.Command``, and so is ``epoch``.
        :raises LookupError: there is no such host.
        """

    @abc.abstractmethod
    def answer(self, host: str, command_id: str) -> exchange.Answer | None:
        """Return how an order ended; None: it has not, so far."""

    @abc.abstractmethod
    def forget(self, host: str, command_id: str) -> None:
        """Order this no more, and forget its answer."""

    @abc.abstractmethod
    def lag(self) -> float:
        """Return by how many seconds the listener was late lately."""

    @abc.abstractmethod
    def refused(self) -> Mapping[refusals.Reason, int]:
        """Return how many datagrams were refused so far, by reason."""

    @abc.abstractmethod
    def close(self) -> None:
        """Listen no more."""
