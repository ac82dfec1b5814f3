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

"""The cases of the fail-over benchmark."""

from __future__ import annotations

from collections.abc import Iterator
import contextlib
import dataclasses
import time
from typing import Any

from openstack import connection

from benchmarks import rows
from benchmarks.bed import client as client_
from benchmarks.bed import cloud as bed
from benchmarks.bed import report
from benchmarks.bed import vnf as vnf_
from benchmarks.outage import live

FAULTS = ("switchover", "application dead", "QEMU killed", "host powered off")
#: Seconds; the sample policies export each second.
_EXPORTED = 2.5
#: Seconds after a fault until a peer's attempt counts as failed.
_PATIENCE = 90.0


@dataclasses.dataclass(frozen=True, kw_only=True)
class Sample:
    """One fault as its client saw it.

    :ivar outage: from the fault to the first answer, seconds; None: none.
    :ivar lost: acknowledged counts that are gone.
    :ivar moments: NHAM's own, seconds after the fault.
    """

    who: str
    fault: str
    outage: float | None
    restored: bool
    lost: int | None = None
    moments: dict[str, float] = dataclasses.field(default_factory=dict)


class Ours:
    """A VNF with a standby, and the faults that its primary suffers."""

    def __init__(
        self,
        cloud: connection.Connection,
        reports: report.Reports,
        mechanism: str,
        out: live.Live,
    ) -> None:
        self._cloud = cloud
        self._tacker = vnf_.Tacker(bed.connect("testcloud-admin"))
        self._reports = reports
        self._mechanism = mechanism
        self._out = out
        self._round = 0

    @contextlib.contextmanager
    def vnf(self) -> Iterator[None]:
        """Have it for as long as it lasts."""
        policies = bed.ROOT / "samples" / "vnf" / "policies"
        policy = (policies / f"{self._mechanism.lower()}.yaml").read_text()
        name = f"nham-{self._mechanism}"
        self._out.say(f"Tacker onboards and instantiates {name}")
        vnfd_id = self._tacker.onboard("image", policy)
        made = self._tacker.instantiate(vnfd_id, "image", name)
        self._address = made.address()
        self._id = self._reports.wait_protected(made.instance_id)
        self._reports.wait_whole(self._id)
        self._out.say(f"{name} serves at {self._address} and has a standby")
        try:
            yield
        finally:
            self._out.say(f"terminating {name}")
            self._tacker.terminate(made)

    def suffer(self, fault: str) -> Sample:
        """Bring one fault about; return what was seen of it."""
        note = self._write_note()
        off = None
        with (
            client_.Client(self._address) as client,
            client_.Counter(self._address) as counter,
        ):
            time.sleep(_EXPORTED)
            primary = self._primary()
            follow = live.Follow(self._reports, self._id, self._out)
            at = self._out.zero(f"{self._mechanism}: {fault}")
            if fault == "host powered off":
                off = primary["host"]
                bed.power_off(off)
            elif fault == "QEMU killed":
                bed.kill_vm(primary["server_id"])
            elif fault == "switchover":
                self._reports.switchover(self._id)
            else:
                self._ask("/cgi-bin/crash?hang-httpd")
            bed.wait("the standby serves", lambda: _served(follow), 120, 0.5)
            time.sleep(1.0)
            begin, end = client.silence(at.at)
            lost = counter.lost(at.at + begin, at.at + end)
        # Of a planned move only the silence itself counts.
        outage = end - begin if fault == "switchover" else end
        self._out.say(f"a client saw an outage of {outage:.2f} s")
        if off is not None:
            bed.power_on(off, self._cloud)
        self._reports.wait_whole(self._id)
        follow.look()
        self._out.calm()
        return Sample(
            who=f"NHAM {self._mechanism}",
            fault=fault,
            outage=outage,
            restored=self._state().get("note") == note,
            lost=lost,
            moments=_moments(follow.look()[0], at),
        )

    def _ask(self, path: str) -> str | None:
        return vnf_.http_get(self._address, path, 5.0)

    def _state(self) -> dict[str, str]:
        return vnf_.parse_state(self._ask("/cgi-bin/state"))

    def _primary(self) -> Any:
        members = self._reports.group(self._id)["members"]
        return next(m for m in members if m["role"] == "primary")

    def _write_note(self) -> str:
        self._round += 1
        note = f"round-{self._round}"
        path = f"/cgi-bin/note?{note}"
        bed.wait("the VNF takes a note", lambda: self._ask(path), 30)
        return note


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

    def heal(self) -> Sample:
        """Kill its QEMU and have Tacker heal it."""
        self._vnf.write_note("peer")
        with client_.Client(self._vnf.address()) as client:
            bed.kill_vm(self._vnf.server_id())
            at = self._out.zero("QEMU of the peer killed; Tacker heals")
            self._tacker.heal(self._vnf)
            return self._seen("Tacker heal", "QEMU killed", client, at)

    def evacuate(self) -> Sample:
        """Cut its host's power and have Nova evacuate it."""
        self._vnf.write_note("peer")
        server_id, host = self._vnf.server_id(), self._vnf.host()
        compute = self._cloud.compute
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
            seen = self._seen("Nova evacuate", "host powered off", client, at)
        # Nova counts on the host again when it has tidied up and is let.
        bed.testcloud("host", "start", host)
        bed.testcloud("up")
        return seen

    def _seen(
        self, who: str, fault: str, client: client_.Client, at: live.Fault
    ) -> Sample:
        outage: list[float] = []

        def back() -> bool:
            silent = client.outage(at.at, "peer").silent
            outage[:] = [] if silent is None else [silent]
            return bool(outage)

        with contextlib.suppress(bed.Bad):
            bed.wait("the peer serves", back, _PATIENCE)
        self._out.say(f"a client saw an outage of {outage or 'no end'}")
        self._out.calm()
        state = vnf_.parse_state(self._vnf.get("/cgi-bin/state"))
        return Sample(
            who=who,
            fault=fault,
            outage=outage[0] if outage else None,
            restored=state.get("note") == "peer",
        )


def to_rows(samples: list[Sample]) -> list[dict[str, Any]]:
    """Return a row for each fault and who dealt with it."""
    found = []
    keys = dict.fromkeys((s.fault, s.who) for s in samples)
    for fault, who in sorted(keys, key=lambda key: FAULTS.index(key[0])):
        some = [s for s in samples if (s.fault, s.who) == (fault, who)]
        lost = [s.lost for s in some if s.lost is not None]
        found.append(
            rows.row(
                [s.outage for s in some],
                case=who,
                fault=fault,
                state_restored="yes"
                if all(s.restored for s in some)
                else "no",
                updates_lost=max(lost) if lost else None,
                **_medians(some),
            )
        )
    return found


def _medians(samples: list[Sample]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name in ("detected", "fenced", "restored", "first_good"):
        values = sorted(s.moments[name] for s in samples if name in s.moments)
        middle = values[len(values) // 2] if values else None
        found[f"{name}_s"] = None if middle is None else round(middle, 2)
    return found


def _served(follow: live.Follow) -> bool:
    found = follow.look()
    return bool(found) and found[0].ended_at is not None


def _moments(recovery: Any, fault: live.Fault) -> dict[str, float]:
    return {
        name: recovery.timeline[name] - fault.wall
        for name in ("detected", "fenced", "restored", "first_good")
        if recovery.timeline.get(name) is not None
    }
