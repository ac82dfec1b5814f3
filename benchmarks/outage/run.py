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

"""The cases of the outage benchmark."""

from __future__ import annotations

from collections.abc import Iterator
import contextlib
import dataclasses
import time
from typing import Any

from openstack import connection
from openstack import exceptions

from benchmarks import rows
from benchmarks.bed import client as client_
from benchmarks.bed import cloud as bed
from benchmarks.bed import report
from benchmarks.bed import vnf as vnf_
from benchmarks.outage import live

#: Tacker gives a heal on a dead host up after 73 s; a bit more shows it.
_PEER_PATIENCE = 90.0
#: Seconds after a fault in which NHAM must be done, all rungs together.
_PATIENCE = 240.0
_HOSTS = ("cmp1", "cmp2")
_MOMENTS = ("detected", "fenced", "restored", "first_good", "repaired")


@dataclasses.dataclass
class Sample:
    """One fault as the client saw it and as NHAM reports it.

    :ivar moments: NHAM's moments, each in seconds after the fault.
    """

    who: str
    fault: str
    outage: client_.Outage
    moments: dict[str, float]

    @property
    def restored(self) -> bool:
        """The state came back."""
        return self.outage.correct is not None


class Bench:
    """A pair of sample VNFs of one variant, and the faults they suffer.

    :param variant: ``image`` or ``volume``: where the root disk lies.
    :param peer: also measure Tacker's heal alone.
    :param host_recovery: how NHAM's VNFC leaves a dead host.
    """

    def __init__(
        self,
        cloud: connection.Connection,
        reports: report.Reports,
        variant: str,
        out: live.Live,
        peer: bool = True,
        host_recovery: str = "auto",
    ) -> None:
        self._cloud = cloud
        self._tacker = vnf_.Tacker(bed.connect("testcloud-admin"))
        self._reports = reports
        self._variant = variant
        self._out = out
        self._peer = peer
        self._host_recovery = host_recovery
        self._who = "NHAM"
        if host_recovery != "auto":
            self._who = f"NHAM ({host_recovery})"
        self._round = 0

    @contextlib.contextmanager
    def vnfs(self) -> Iterator[None]:
        """Have both VNFs, on the same host, for as long as it lasts."""
        names = [f"nham-{self._variant}", f"heal-{self._variant}"]
        if not self._peer:
            del names[1:]
        with self._only_host(_HOSTS[1]):
            made = [self._make(name) for name in names]
        self.ours, self.theirs = made[0], made[-1]
        self._id = self._reports.wait_protected(self.ours.instance_id)
        self._out.say(f"NHAM protects {self.ours.name}")
        try:
            yield
        finally:
            for vnf in made:
                self._out.say(f"terminating {vnf.name}")
                self._tacker.terminate(vnf)

    def _make(self, name: str) -> vnf_.SampleVnf:
        policy = "# none\n"
        if name.startswith("nham"):
            policy = sample_policy(self._variant, self._host_recovery)
        self._out.say(f"Tacker onboards and instantiates {name}")
        vnfd_id = self._tacker.onboard(self._variant, policy)
        vnf = self._tacker.instantiate(vnfd_id, self._variant, name)
        self._out.say(f"{name} serves at {vnf.address()} on {vnf.host()}")
        return vnf

    @contextlib.contextmanager
    def _only_host(self, name: str) -> Iterator[None]:
        """Let Nova place new servers on one host only."""
        others = [
            service
            for service in self._cloud.compute.services(binary="nova-compute")
            if service.host != name
        ]
        for service in others:
            self._cloud.compute.disable_service(service)
        try:
            yield
        finally:
            for service in others:
                self._cloud.compute.enable_service(service)

    def start_time(self) -> float:
        """Return how long the cloud itself takes to start this VNF."""
        server_id = self.theirs.server_id()
        bed.wait("the VNF may stop", lambda: self._stop(server_id), 60)
        server = self._cloud.compute.get_server(server_id)
        self._cloud.compute.wait_for_server(server, "SHUTOFF", wait=120)
        address = self.theirs.address()
        began = time.monotonic()
        self._cloud.compute.start_server(server_id)
        bed.wait(
            "the VNF serves",
            lambda: vnf_.http_get(address, "/health", 1.0),
            90,
            0.05,
        )
        took = time.monotonic() - began
        self._out.say(f"the cloud itself starts this VNF in {took:.2f} s")
        return took

    def _stop(self, server_id: str) -> bool:
        """Stop a server, unless a checkpoint is just being taken of it."""
        try:
            self._cloud.compute.stop_server(server_id)
        except exceptions.ConflictException:
            return False
        return True

    def _write_notes(self) -> str:
        """Write new state into the VNFs, and wait until ours is saved."""
        self._round += 1
        note = f"round-{self._round}"
        for vnf in {id(v): v for v in (self.ours, self.theirs)}.values():
            vnf.write_note(note)
        self._out.say(f"wrote state {note!r} into the VNFs")
        # A volume keeps it by itself.
        if self._variant == "image":
            self._reports.checkpoint(self._id)
            self._out.say("NHAM has a checkpoint of it")
        return note

    def kill_vm(self) -> list[Sample]:
        """Kill the QEMU of ours, then of theirs; return what was seen."""
        note = self._write_notes()
        samples = []
        with client_.Client(self.ours.address()) as client:
            follow = live.Follow(self._reports, self._id, self._out)
            server_id = self.ours.server_id()
            fault = self._out.zero(f"QEMU of {self.ours.name} killed")
            bed.kill_vm(server_id)
            said = self._cloud.compute.get_server(server_id).status
            self._out.say(f"Nova says {said}")
            samples.append(
                self._ours("QEMU killed", client, fault, note, follow)
            )
        if self._peer:
            with client_.Client(self.theirs.address()) as client:
                server_id = self.theirs.server_id()
                fault = self._out.zero(f"QEMU of {self.theirs.name} killed")
                bed.kill_vm(server_id)
                samples.append(self._heal("QEMU killed", client, fault, note))
        self._out.calm()
        return samples

    def power_off(self) -> list[Sample]:
        """Cut the power of the host that both run on."""
        note = self._write_notes()
        host = self.ours.host()
        samples = []
        with (
            client_.Client(self.ours.address()) as ours,
            client_.Client(self.theirs.address()) as theirs,
        ):
            follow = live.Follow(self._reports, self._id, self._out)
            together = self._peer and self.theirs.host() == host
            fault = self._out.zero(f"power of {host} cut")
            bed.power_off(host)
            heal = self._tacker.heal(self.theirs, False) if together else ""
            samples.append(
                self._ours("host powered off", ours, fault, note, follow)
            )
            if together:
                samples.append(
                    self._heal("host powered off", theirs, fault, note, heal)
                )
        self._out.calm()
        self._out.say(f"switching {host} on again")
        bed.power_on(host, self._cloud)
        return samples

    def _ours(
        self,
        what: str,
        client: client_.Client,
        fault: live.Fault,
        note: str,
        follow: live.Follow,
    ) -> Sample:
        """Wait until NHAM is done and a client sees the right state."""
        seen: list[float] = []

        def over() -> bool:
            recoveries = follow.look()
            outage = client.outage(fault.at, note).correct
            if outage is not None and not seen:
                seen.append(outage)
                self._out.say(
                    f"a client saw an outage of {outage:.2f} s, and the "
                    f"right state after it",
                    fault.wall + outage,
                )
            ended = all(one.ended_at is not None for one in recoveries)
            return bool(seen and recoveries and ended)

        with contextlib.suppress(bed.Bad):
            bed.wait("the client sees the right state", over, _PATIENCE, 1.0)
        return Sample(
            self._who,
            what,
            client.outage(fault.at, note),
            _moments(follow.look(), fault),
        )

    def _heal(
        self,
        what: str,
        client: client_.Client,
        fault: live.Fault,
        note: str,
        operation_id: str = "",
    ) -> Sample:
        """Let Tacker heal alone and see what a client sees."""
        operation_id = operation_id or self._tacker.heal(self.theirs, False)
        self._out.say("Tacker was asked to heal")
        end = fault.at + _PEER_PATIENCE
        state = "PROCESSING"
        while time.monotonic() < end and state == "PROCESSING":
            time.sleep(0.5)
            operation = self._tacker.operation(operation_id)
            state = str(operation["operationState"])
            if state == "STARTING":
                state = "PROCESSING"
        if state == "COMPLETED":
            bed.wait(
                "the healed VNF serves",
                lambda: client.outage(fault.at, note).silent,
                60,
            )
        else:
            # A VNF whose heal failed is of no use to the rounds to come.
            self.theirs, self._peer = self.ours, False
        outage = client.outage(fault.at, note)
        self._out.say(
            f"Tacker heal: {state}; the state says "
            f"{client.last().get('note') or 'nothing'!r}"
        )
        return Sample("Tacker heal", what, outage, {})


def sample_policy(variant: str, host_recovery: str) -> str:
    """Return the sample's own policy with another way off a dead host."""
    path = bed.ROOT / "samples" / "vnf" / "policies" / f"{variant}.yaml"
    return f"{path.read_text()}      host_recovery: {host_recovery}\n"


def to_rows(
    variant: str, samples: list[Sample], starts: list[float]
) -> list[dict[str, Any]]:
    """Return the rows of one variant, ours and the peer's."""
    found = []
    keys = dict.fromkeys((s.fault, s.who) for s in samples)
    for fault, who in keys:
        some = [s for s in samples if (s.fault, s.who) == (fault, who)]
        restored = all(s.restored for s in some)
        found.append(
            rows.row(
                [
                    s.outage.correct if restored else s.outage.silent
                    for s in some
                ],
                case=f"{who}, {variant}-backed",
                fault=fault,
                state_restored="yes" if restored else "no",
                **_reported(some),
            )
        )
    if starts:
        found.append(
            rows.row(
                list(starts),
                case=f"the cloud's own start, {variant}-backed",
                fault="none (stopped, then started)",
                state_restored="",
            )
        )
    return found


def _moments(recoveries: list[Any], fault: live.Fault) -> dict[str, float]:
    """Return when NHAM came how far, in seconds after the fault.

    If it took several recoveries, the first detected it and the last
    ended it.
    """
    found: dict[str, float] = {}
    for name in _MOMENTS:
        times = [one.timeline[name] for one in recoveries]
        known = [at for at in times if at is not None]
        if known:
            at = known[0] if name == "detected" else known[-1]
            found[f"{name}_s"] = at - fault.wall
    return found


def _reported(samples: list[Sample]) -> dict[str, Any]:
    """Return the medians of what NHAM reports about itself."""
    names = dict.fromkeys(name for one in samples for name in one.moments)
    return {
        name: rows.row([one.moments.get(name) for one in samples])["median"]
        for name in names
    }
