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

"""The mechanisms without a standby, 1R-AA by vip, 1R-AS by guest agent."""

from __future__ import annotations

from collections.abc import Iterator
import contextlib
import time
from typing import Any

from benchmarks.bed import balancer
from benchmarks.bed import client as client_
from benchmarks.bed import cloud as bed
from benchmarks.bed import vip
from benchmarks.bed import vnf as vnf_
from benchmarks.failover import ours
from benchmarks.failover import sample
from benchmarks.outage import live

#: Nobody is there to switch over to.
_FAULTS = tuple(one for one in sample.FAULTS if one != sample.SWITCHOVER)
#: As many requests, each from a port of its own, meet all members.
_ENOUGH = 20
#: Seconds without a request in vain that end an outage: the failed member
#: would have had half of them. What comes later is the machine's matter, as
#: a guest that boots takes the processor from the others.
_QUIET = 3 * client_.PATIENCE
#: Seconds until all members have a state that was written.
_SPREAD = 30.0
_WHOLE = 180.0


class Alone(ours.Ours):
    """A VNF without replicas (0R): its checkpoint is what is put back."""

    faults = _FAULTS

    def settle(self) -> None:
        """See base class."""
        bed.wait(
            "no recovery is under way",
            lambda: not self._reports.group(self._id)["recovery_id"],
            _WHOLE,
            0.5,
        )
        # A server that was replaced may have another one.
        self._address = self._find_address()
        bed.wait("the VNF serves", lambda: self._ask("/health"), _WHOLE, 0.5)

    def _policy(self) -> str:
        folder = bed.ROOT / "samples" / "vnf" / "policies"
        return (folder / "image.yaml").read_text()

    def _of_fault(self, recoveries: list[Any]) -> list[Any]:
        return recoveries

    def _save(self, note: str) -> None:
        self._reports.checkpoint(self._id)
        self._out.say(f"NHAM has a checkpoint with {note!r}")


class Claimed(ours.Ours):
    """A VNF with a standby whose guest claims the service address (vip).

    Only the move differs from the floating IP's, so one fault will do.
    """

    faults = (sample.QEMU,)

    @contextlib.contextmanager
    def vnf(self) -> Iterator[None]:
        """See base class; the address must be there before the VNF."""
        reserved = vip.reserved(self._cloud.network)
        with reserved as self._floating, super().vnf():
            yield

    def _find_address(self) -> str:
        return self._floating


class InGuest(ours.Ours):
    """A VNF with a standby whose state goes by the guest agents.

    Only the way of the state differs from the hook's over HTTP, so one fault
    will do.
    """

    faults = (sample.QEMU,)


class Spread(ours.Ours):
    """A VNF whose members all serve behind a balancer (MR-AA).

    Its outage lasts until the last request in vain was begun: until then
    the failed member had its share of the clients.
    """

    faults = _FAULTS
    roles = ("active", "primary")

    @contextlib.contextmanager
    def vnf(self) -> Iterator[None]:
        """See base class; the pool must be there before the VNF."""
        cloud = bed.connect("testcloud-admin")
        with balancer.Balancer(cloud) as self._balancer, super().vnf():
            yield

    def _is_over(self, follow: live.Follow, client: client_.Client) -> bool:
        if not super()._is_over(follow, client):
            return False
        quiet_since = time.monotonic() - _QUIET
        return all(one.good for one in client.requests(quiet_since))

    def _outage(
        self, client: client_.Client, since: float, planned: bool
    ) -> tuple[float, float]:
        del planned
        end = since
        for begun in sorted(
            one.begun for one in client.requests(since) if not one.good
        ):
            if begun - end > _QUIET:
                break
            end = begun
        return since, end

    def _judge(self, client: client_.Client, servers: list[str]) -> None:
        """See base class; here all of them serve at once."""

    def _who(self, role: str) -> str:
        name = "primary" if role == "primary" else "member"
        return f"NHAM {self.mechanism}, {name}"

    def _find_address(self) -> str:
        return self._balancer.address

    def _address_of(self, member: Any) -> str:
        if member["access"] is None:
            raise bed.Bad("a member has no address of its own")
        return str(member["access"]["ip"])

    def _counter(self) -> contextlib.AbstractContextManager[None]:
        # Each member has a counter of its own until the next export.
        return contextlib.nullcontext()

    def _save(self, note: str) -> None:
        members = self._members()
        addresses = [self._address_of(one) for one in members]

        def told() -> bool:
            states = [
                vnf_.parse_state(vnf_.http_get(one, "/cgi-bin/state", 5.0))
                for one in addresses
            ]
            return all(state.get("note") == note for state in states)

        bed.wait(f"all members have {note!r}", told, _SPREAD, 0.5)

    def _has(self, note: str) -> bool:
        """See base class; all members serve clients, and say the same."""
        path = "/cgi-bin/state"
        states = [
            # A request that is not answered tells nothing of the state.
            vnf_.parse_state(self._ask(path) or self._ask(path))
            for _ in range(_ENOUGH)
        ]
        met = {(one.get("uuid"), one.get("note")) for one in states}
        return met == {(one["server_id"], note) for one in self._members()}
