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

"""Takes datagrams in and makes answers, whatever way they come and go."""

from __future__ import annotations

import abc
import collections
from collections.abc import Callable
from collections.abc import Mapping
import logging
import threading

from nham.adapters import errors
from nham.adapters.agents import base
from nham.core import facts
from nham.core.agent import exchange as exchange_
from nham.core.agent import messages
from nham.core.agent import refusals
from nham.core.agent import wire

LOG = logging.getLogger(__name__)


class Post(base.Agents):
    """An exchange that several threads may use.

    :param ring: the keys in force.
    :param on_news: called when the death of a guest, or its end, was
        heard of; from the thread that listens.
    """

    def __init__(
        self,
        exchange: exchange_.Exchange,
        ring: wire.KeyRing,
        on_news: Callable[[], None],
    ) -> None:
        self.terms = exchange.terms
        self._exchange = exchange
        self._ring = ring
        self._on_news = on_news
        self._lock = threading.Lock()
        self._refused: collections.Counter[refusals.Reason] = (
            collections.Counter()
        )

    @abc.abstractmethod
    def until(self) -> float:
        """Return until when it is known that nothing else has come.

        Monotonic seconds. What may still lie unread is no silence, so
        hosts are judged by this moment and not by the present one.
        """

    def take(self, datagram: bytes, at: float) -> list[bytes] | None:
        """Take a datagram in; return what to answer.

        :param at: when it came, monotonic seconds.
        :returns: None: it was refused and counted; no answer is due.
        """
        try:
            message = wire.decode(datagram, self._ring)
            with self._lock:
                before = self._exchange.news
                said = self._exchange.hear(message, at)
                is_new = self._exchange.news != before
        except refusals.Refused as refused:
            self.refuse(refused.reason)
            LOG.debug("a datagram was refused: %s", refused)
            return None
        if is_new:
            self._on_news()
        return [wire.encode(one, self._ring) for one in said]

    def refuse(self, reason: refusals.Reason) -> None:
        """Count a datagram that is not taken in."""
        with self._lock:
            self._refused[reason] += 1

    def set_hosts(self, names: frozenset[str]) -> None:
        """See base class."""
        with self._lock:
            self._exchange.set_hosts(names)

    def set_exclusive(self, wanted: Mapping[str, frozenset[str]]) -> None:
        """See base class."""
        with self._lock:
            self._exchange.set_exclusive(wanted)

    def set_leases(self, withdrawn: frozenset[str], read_at: float) -> None:
        """See base class."""
        with self._lock:
            self._exchange.set_leases(withdrawn, read_at)

    def health(self, host: str) -> facts.Health:
        """See base class."""
        until, lag = self.until(), self.lag()
        with self._lock:
            found = self._exchange.judge(host, until, lag)
        return found.health if found else facts.Health.UNKNOWN

    def hypervisor(self, host: str) -> bool:
        """See base class."""
        with self._lock:
            beat = self._exchange.heartbeat(host)
        return beat is None or beat.hypervisor_ok

    def deaths(self) -> frozenset[tuple[str, str]]:
        """See base class."""
        with self._lock:
            found = self._exchange.deaths()
        heard = {name for name in found if self.heard(name)}
        return frozenset(
            (name, server_id) for name in heard for server_id in found[name]
        )

    def running(self, host: str) -> frozenset[str] | None:
        """See base class."""
        with self._lock:
            return self._exchange.running(host)

    def door(self, server_id: str) -> base.Door:
        """See base class."""
        with self._lock:
            beats = self._exchange.hosts_of(server_id)
        beats = [one for one in beats if self.heard(one.host)]
        if len(beats) != 1:
            # Of two guests of one server, one is a leftover.
            raise errors.Unavailable(
                f"{len(beats) or 'no'} agents that are heard say that they "
                f"run server {server_id}"
            )
        (beat,) = beats
        if not beat.door:
            raise errors.Refused(
                f"the agent of host {beat.host} takes no commands for "
                "guests: [agent_host] door is not set there, or it is "
                f"too old: {beat.version}"
            )
        return base.Door(
            host=beat.host, where=beat.door, boot=beat.boot, ring=self._ring
        )

    def told(self, server_id: str) -> Mapping[str, messages.GuestState]:
        """See base class."""
        with self._lock:
            return self._exchange.told(server_id)

    def duty(self, host: str) -> exchange_.Duty | None:
        """See base class."""
        with self._lock:
            return self._exchange.duty(host)

    def wanted(self, host: str) -> frozenset[str]:
        """See base class."""
        with self._lock:
            return self._exchange.wanted(host)

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
        with self._lock:
            self._exchange.order(
                host, command_id, action, until, server_id, epoch
            )

    def answer(self, host: str, command_id: str) -> exchange_.Answer | None:
        """See base class."""
        with self._lock:
            return self._exchange.answer(host, command_id)

    def forget(self, host: str, command_id: str) -> None:
        """See base class."""
        with self._lock:
            self._exchange.forget(host, command_id)

    def refused(self) -> Mapping[refusals.Reason, int]:
        """See base class."""
        with self._lock:
            return dict(self._refused)
