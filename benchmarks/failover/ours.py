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

"""The VNFs of the fail-over benchmark that NHAM protects."""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Iterator
from collections.abc import Sequence
import contextlib
import dataclasses
import math
import time
from typing import Any

from openstack import connection

from benchmarks.bed import actives
from benchmarks.bed import client as client_
from benchmarks.bed import cloud as bed
from benchmarks.bed import report
from benchmarks.bed import vnf as vnf_
from benchmarks.failover import sample
from benchmarks.outage import live

#: Seconds; the sample policies export each second.
_EXPORTED = 2.5
#: Seconds from a fault to the end of its recovery.
_PATIENCE = 240.0
#: Seconds until NHAM has removed what it made for a VNF.
_FORGOTTEN = 120.0
#: Seconds within which a fault is felt.
_AT_ONCE = 1.0
#: Seconds after which a request has its answer, or was in vain.
_SETTLED = 2 * client_.PATIENCE


class Ours:
    """A VNF with a standby (1R-AS, 1R-AA), and the faults it suffers.

    The other mechanisms say what is different with them.

    :cvar faults: those that it can suffer.
    :cvar roles: of the members that they hit.
    :ivar switched_on: told of each host that was switched on again.
    """

    faults: Sequence[str] = sample.FAULTS
    roles: Sequence[str] = ("primary",)

    def __init__(
        self,
        cloud: connection.Connection,
        reports: report.Reports,
        mechanism: str,
        out: live.Live,
    ) -> None:
        self.mechanism = mechanism
        self._cloud = cloud
        self._tacker = vnf_.Tacker(bed.connect("testcloud-admin"))
        self._reports = reports
        self._out = out
        self._round = 0
        self.switched_on: Callable[[str], object] = lambda _host: None

    @contextlib.contextmanager
    def vnf(self) -> Iterator[None]:
        """Have it for as long as it lasts."""
        name = f"nham-{self.mechanism}"
        self._out.say(f"Tacker onboards and instantiates {name}")
        vnfd_id = self._tacker.onboard("image", self._policy())
        self._vnf = self._tacker.instantiate(vnfd_id, "image", name)
        try:
            self._address = self._find_address()
            self._id = self._reports.wait_protected(self._vnf.instance_id)
            self.settle()
            self._out.say(f"{name} serves at {self._address} and is whole")
            yield
        finally:
            self._out.say(f"terminating {name}")
            self._tacker.terminate(self._vnf)
            bed.wait("NHAM forgets the VNF", self._is_forgotten, _FORGOTTEN)

    def _is_forgotten(self) -> bool:
        """Say whether NHAM has removed all that it made for the VNF."""
        return self._reports.vnf(self._vnf.instance_id) is None

    def cases(self, faults: Sequence[str]) -> list[tuple[str, str]]:
        """Return those of the faults that it can suffer, with whom they hit.

        The second is the member's role.
        """
        return [
            (fault, role)
            for fault in faults
            if fault in self.faults
            for role in self.roles
        ]

    def suffer(self, fault: str, role: str) -> sample.Sample:
        """Bring one fault about; return what was seen of it.

        :raises bed.Bad: it was not recovered in time, or the bed is broken.
        """
        if fault == sample.HOST:
            self._part()
        note = self._write_note()
        # What makes the cloud good again comes when the clients have left.
        with (
            contextlib.ExitStack() as after,
            client_.Client(self._address) as client,
            self._counter() as counter,
        ):
            time.sleep(_EXPORTED)
            member, servers = self._member(role), self._servers()
            host = self._host(member)
            follow = live.Follow(self._reports, self._id, self._out)
            at = self._out.zero(f"{self._who(role)}: {fault}")
            self._bring(fault, member, host, after)
            self._wait_served(follow, client)
            seen = self._seen(fault, role, at, client, counter)
        self.settle()
        self._judge(client, servers)
        moments = sample.moments(self._of_fault(follow.look()), at)
        self._out.calm()
        restored = self._has(note)
        if not restored:
            self._out.say(f"the state does not say {note!r}")
        return dataclasses.replace(seen, restored=restored, moments=moments)

    def _judge(self, client: client_.Client, servers: list[str]) -> None:
        """See that no two members served at once; the service moved once.

        :raises bed.Bad: two did.
        """
        logs = actives.consoles(self._cloud, servers)
        found = actives.trouble(client.answered(logs), 1)
        if found:
            raise bed.Bad(f"two actives: {'; '.join(found)}")

    def void(self, fault: str, role: str) -> sample.Sample:
        """Return what stands for a sample that failed."""
        return sample.Sample(
            who=self._who(role), fault=fault, outage=None, restored=False
        )

    def settle(self) -> None:
        """Wait until the next fault may come.

        :raises bed.Bad: it may not, after minutes.
        """
        self._reports.wait_whole(self._id)

    # -- the fault

    def _bring(
        self,
        fault: str,
        member: Any,
        host: str,
        after: contextlib.ExitStack,
    ) -> None:
        """Bring a fault about.

        :param after: is given what makes the cloud good again.
        """
        if fault == sample.HOST:
            after.callback(self._switch_on, host)
            bed.power_off(host)
        elif fault == sample.QEMU:
            bed.kill_vm(member["server_id"])
        elif fault == sample.SWITCHOVER:
            self._reports.switchover(self._id)
        else:
            address = self._address_of(member)
            vnf_.http_get(address, "/cgi-bin/crash?hang-httpd", 5.0)

    def _switch_on(self, host: str) -> None:
        bed.power_on(host, self._cloud)
        self.switched_on(host)

    def _part(self) -> None:
        """Have each member on a host of its own.

        After a host's death the VNFC may run on the other's host. NHAM
        makes its own server anew on another one.
        """
        members = self._members()
        if len({self._host(one) for one in members}) == len(members):
            return
        self._out.say("the members share a host: NHAM makes its server anew")
        known = len(self._reports.recoveries(self._id))
        own = next(one for one in members if one["kind"] == "server")
        bed.kill_vm(own["server_id"])
        self._reports.wait_recovered(self._id, known)
        self.settle()

    # -- what is seen of it

    def _wait_served(
        self, follow: live.Follow, client: client_.Client
    ) -> None:
        bed.wait(
            "the VNF is recovered",
            lambda: self._is_over(follow, client),
            _PATIENCE,
            0.5,
        )
        time.sleep(_SETTLED)

    def _is_over(self, follow: live.Follow, client: client_.Client) -> bool:
        """Say whether clients have what they had before the fault."""
        found = self._of_fault(follow.look())
        ended = all(one.ended_at is not None for one in found)
        return bool(found and ended and self._ask("/health"))

    def _of_fault(self, recoveries: list[Any]) -> list[Any]:
        """Leave out what only gives the group its redundancy back."""
        return recoveries[:1]

    def _seen(
        self,
        fault: str,
        role: str,
        at: live.Fault,
        client: client_.Client,
        counter: client_.Counter | None,
    ) -> sample.Sample:
        planned = fault == sample.SWITCHOVER
        begin, end = self._outage(client, at.at, planned)
        asked, failed = sample.count(client, at.at, end)
        # Of a planned move only the silence itself counts.
        outage = end - (begin if planned else at.at)
        lost = counter.lost(begin, end) if counter else None
        self._out.say(
            f"clients saw an outage of {outage:.2f} s; {failed} of {asked} "
            f"requests in it were in vain; updates lost: {lost}"
        )
        return sample.Sample(
            who=self._who(role),
            fault=fault,
            outage=outage,
            restored=False,
            lost=lost,
            asked=asked,
            failed=failed,
        )

    def _outage(
        self, client: client_.Client, since: float, planned: bool
    ) -> tuple[float, float]:
        """Return when the outage began and ended, monotonic seconds.

        That of a fault begins with it. A later silence, as while the next
        standby boots on the same few cores, may be longer than a short one.
        """
        within = math.inf if planned else _AT_ONCE
        begin, end = client.silence(since, within)
        return since + begin, since + end

    # -- the VNF

    def _policy(self) -> str:
        folder = bed.ROOT / "samples" / "vnf" / "policies"
        return (folder / f"{self.mechanism.lower()}.yaml").read_text()

    def _who(self, _role: str) -> str:
        return f"NHAM {self.mechanism}"

    def _find_address(self) -> str:
        """Return the address that clients use."""
        return self._vnf.address()

    def _address_of(self, _member: Any) -> str:
        """Return the address of a member that serves."""
        return self._address

    def _counter(
        self,
    ) -> contextlib.AbstractContextManager[client_.Counter | None]:
        return client_.Counter(self._address)

    def _ask(self, path: str) -> str | None:
        return vnf_.http_get(self._address, path, 5.0)

    def _has(self, note: str) -> bool:
        """Say whether the state is what it was before the fault."""
        state = vnf_.parse_state(self._ask("/cgi-bin/state"))
        return state.get("note") == note

    def _members(self) -> list[Any]:
        members: list[Any] = self._reports.group(self._id)["members"]
        return members

    def _servers(self) -> list[str]:
        return [str(one["server_id"]) for one in self._members()]

    def _member(self, role: str) -> Any:
        for member in self._members():
            if member["role"] == role:
                return member
        raise bed.Bad(f"the group has no {role}")

    def _host(self, member: Any) -> str:
        server = self._cloud.compute.get_server(member["server_id"])
        return str(server.compute_host)

    def _write_note(self) -> str:
        """Change the state, and see that a fault does not lose it."""
        self._round += 1
        note = f"round-{self._round}"
        address = self._address_of(self._member("primary"))
        path = f"/cgi-bin/note?{note}"
        bed.wait(
            "the VNF takes a note",
            lambda: vnf_.http_get(address, path, 5.0),
            30,
        )
        self._save(note)
        return note

    def _save(self, note: str) -> None:
        """Wait until a note is saved; exports come by themselves."""
