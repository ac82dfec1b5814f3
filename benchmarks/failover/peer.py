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

"""The peers of the fail-over benchmark: what repairs a VNF without NHAM."""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Iterator
import contextlib
import time

from openstack import connection

from benchmarks.bed import client as client_
from benchmarks.bed import cloud as bed
from benchmarks.bed import vnf as vnf_
from benchmarks.failover import sample
from benchmarks.outage import live

#: Seconds after a fault until a peer's attempt counts as failed.
_PATIENCE = 90.0
#: Seconds after a fault until Nova must know of it, and between two looks.
_NOTICED = 120.0
_LOOK = 0.02
_HEAL = "Tacker heal"
_EVACUATE = "Nova evacuate"
_NOVA = "Nova alone"


class Peer:
    """A VNF without NHAM, repaired by hand at the moment of the fault."""

    def __init__(self, cloud: connection.Connection, out: live.Live) -> None:
        self._cloud = cloud
        self._tacker = vnf_.Tacker(bed.connect("testcloud-admin"))
        self._out = out

    @contextlib.contextmanager
    def vnf(self) -> Iterator[None]:
        """Have it for as long as it lasts."""
        self._out.say("Tacker onboards and instantiates the peer")
        vnfd_id = self._tacker.onboard("image", "# none\n")
        self._vnf = self._tacker.instantiate(vnfd_id, "image", "peer")
        try:
            yield
        finally:
            self._tacker.terminate(self._vnf)

    def heal(self) -> sample.Sample:
        """Kill its QEMU and have Tacker heal it."""
        self._vnf.write_note("peer")
        with client_.Client(self._vnf.address()) as client:
            bed.kill_vm(self._vnf.server_id())
            at = self._out.zero("QEMU of the peer killed; Tacker heals")
            self._tacker.heal(self._vnf)
            return self._seen(_HEAL, sample.QEMU, client, at)

    def evacuate(self) -> sample.Sample:
        """Cut its host's power and have Nova evacuate it."""
        self._vnf.write_note("peer")
        server_id, host = self._vnf.server_id(), self._vnf.host()
        compute = self._cloud.compute
        try:
            with client_.Client(self._vnf.address()) as client:
                at = self._out.zero(f"power of {host} cut; Nova evacuates")
                bed.power_off(host)
                compute.update_service_forced_down(
                    None, host=host, binary="nova-compute", forced=True
                )
                compute.post(
                    f"/servers/{server_id}/action",
                    json={"evacuate": {}},
                    microversion="2.94",
                )
                return self._seen(_EVACUATE, sample.HOST, client, at)
        finally:
            # Nova counts on the host again when it has tidied up and is
            # let.
            bed.testcloud("host", "start", host)
            bed.testcloud("up")

    def notice_server(self) -> sample.Sample:
        """Kill its QEMU and wait until Nova says that it is gone."""
        server_id, compute = self._vnf.server_id(), self._cloud.compute
        bed.kill_vm(server_id)
        self._out.zero("QEMU of the peer killed; nobody does anything")
        seen = self._noticed(
            sample.QEMU,
            lambda: compute.get_server(server_id).status != "ACTIVE",
        )
        compute.start_server(server_id)
        self._serves()
        return seen

    def notice_host(self) -> sample.Sample:
        """Cut its host's power and wait until Nova says that it is down."""
        server_id, host = self._vnf.server_id(), self._vnf.host()
        compute = self._cloud.compute
        bed.power_off(host)
        self._out.zero(f"power of {host} cut; nobody does anything")
        try:
            seen = self._noticed(
                sample.HOST,
                lambda: any(
                    one.host == host and one.state == "down"
                    for one in compute.services(binary="nova-compute")
                ),
            )
        finally:
            bed.power_on(host, self._cloud)
        compute.reboot_server(server_id, "HARD")
        self._serves()
        return seen

    def _noticed(self, fault: str, true: Callable[[], bool]) -> sample.Sample:
        """Wait until Nova tells of a fault that has just come."""
        at = time.monotonic()
        bed.wait("Nova notices", true, _NOTICED, _LOOK)
        after = time.monotonic() - at
        self._out.say(f"Nova noticed after {after:.2f} s")
        self._out.calm()
        return sample.Sample(
            who=_NOVA,
            fault=fault,
            outage=None,
            restored=False,
            moments={"detected": after},
        )

    def _serves(self) -> None:
        """Wait until the peer serves again, for the next fault."""
        bed.wait(
            "the peer serves",
            lambda: vnf_.http_get(self._vnf.address(), "/health", 5.0),
            _PATIENCE,
            0.5,
        )

    def _seen(
        self, who: str, fault: str, client: client_.Client, at: live.Fault
    ) -> sample.Sample:
        outage: list[float] = []

        def back() -> bool:
            silent = client.outage(at.at, "peer").silent
            outage[:] = [] if silent is None else [silent]
            return bool(outage)

        with contextlib.suppress(bed.Bad):
            bed.wait("the peer serves", back, _PATIENCE)
        lasted = f"{outage[0]:.2f} s" if outage else "no end"
        self._out.say(f"a client saw an outage of {lasted}")
        self._out.calm()
        until = at.at + outage[0] if outage else time.monotonic()
        asked, failed = sample.count(client, at.at, until)
        state = vnf_.parse_state(self._vnf.get("/cgi-bin/state"))
        return sample.Sample(
            who=who,
            fault=fault,
            outage=outage[0] if outage else None,
            restored=state.get("note") == "peer",
            asked=asked,
            failed=failed,
        )
