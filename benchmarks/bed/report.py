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

"""What NHAM itself says, read through its SDK as an operator's tool would."""

from __future__ import annotations

import time
from typing import Any

from openstack import connection
from openstack import exceptions

from benchmarks.bed import cloud as bed
from nham import sdk


class Reports:
    """NHAM's API, once it answers, as an operator's tool reads it."""

    def __init__(self, cloud: connection.Connection) -> None:
        def ready() -> Any:
            try:
                nham = sdk.connect(cloud)
                list(nham.vnfs())
            except (exceptions.SDKException, ValueError):
                return None
            return nham

        self._nham = bed.wait("NHAM's API answers", ready, 60, 1.0)

    def all_vnfs(self) -> list[Any]:
        """Return all VNFs that NHAM knows."""
        return list(self._nham.vnfs(all_projects=True))

    def vnf(self, instance_id: str) -> Any:
        """Return NHAM's record of a VNF instance, None if unknown."""
        for vnf in self.all_vnfs():
            if vnf.instance_id == instance_id:
                return vnf
        return None

    def wait_protected(self, instance_id: str) -> str:
        """Wait until a VNF is protected; return its id at NHAM.

        It is not for as long as its first standby is made.
        """

        def protected() -> str | None:
            vnf = self.vnf(instance_id)
            good = vnf is not None and vnf.state == "protected"
            return str(vnf.id) if good else None

        return bed.wait("NHAM protects the VNF", protected, 180)

    def wait_state(self, instance_id: str, state: str, seconds: float) -> None:
        """Wait until NHAM shows a VNF in that state."""
        bed.wait(
            f"NHAM shows the VNF {state}",
            lambda: self.vnf(instance_id).state == state,
            seconds,
        )

    def checkpoint(self, vnf_id: str, seconds: float = 120) -> Any:
        """Take a checkpoint now; return it once it is whole."""
        end = time.monotonic() + seconds
        while True:
            try:
                taken = self._nham.create_checkpoints(vnf_id)[0]
                break
            except exceptions.ConflictException:
                # A scheduled one is under way, or the VNF just boots.
                if time.monotonic() > end:
                    raise
                time.sleep(0.5)

        def whole() -> Any:
            now = self._nham.get_checkpoint(taken.id)
            if now.state == "failed":
                raise bed.Bad(f"checkpoint failed: {now.reason}")
            return now if now.state == "available" else None

        return bed.wait("the checkpoint is whole", whole, seconds)

    def exporting(self, vnf_id: str) -> bool:
        """Say whether a checkpoint of a VNF is being taken."""
        taken = self._nham.checkpoints(vnf_id=vnf_id, state="creating")
        return any(taken)

    def restore(self, checkpoint_id: str) -> str:
        """Put a checkpoint back; return the recovery's id."""
        return str(self._nham.restore_checkpoint(checkpoint_id).id)

    def groups(self, vnf_id: str) -> list[Any]:
        """Return the replica groups of a VNF, one for each VNFC."""
        return list(self._nham.get_vnf(vnf_id).groups)

    def group(self, vnf_id: str) -> Any:
        """Return the first replica group of a VNF."""
        return self.groups(vnf_id)[0]

    def wait_whole(self, vnf_id: str, seconds: float = 180) -> Any:
        """Wait until a group has its standby; return the group."""

        def whole() -> Any:
            # A VNF is known before its VNFCs are.
            for group in self.groups(vnf_id)[:1]:
                roles = sorted(member["role"] for member in group["members"])
                good = roles in (["primary", "standby"], ["active", "primary"])
                return group if good and not group["recovery_id"] else None
            return None

        return bed.wait("the group is whole", whole, seconds, 0.5)

    def protect(self, vnf_id: str, descriptor: str) -> None:
        """Give a VNF other policies."""
        self._nham.protect_vnf(vnf_id, descriptor)

    def switchover(self, vnf_id: str) -> None:
        """Have the standby take over from a primary that is well."""
        self._nham.switchover_vnf(vnf_id)

    def begin_maintenance(self, host: str, reason: str) -> None:
        """Have what serves on a host moved away."""
        self._nham.begin_maintenance(host, reason)

    def end_maintenance(self, host: str) -> None:
        """Let a host serve again."""
        self._nham.end_maintenance(host)

    def closed_hosts(self) -> list[str]:
        """Return the hosts that are in maintenance."""
        return [one.name for one in self._nham.hosts() if one.maintenance_at]

    def stages(self, host: str) -> set[str]:
        """Return how far the members on a host are."""
        members = self._nham.get_host(host).members
        return {one["stage"] for one in members or [{"stage": "unknown"}]}

    def recoveries(self, vnf_id: str) -> list[Any]:
        """Return a VNF's recoveries, newest first."""
        return list(self._nham.recoveries(vnf_id=vnf_id))

    def recovery(self, recovery_id: str) -> Any:
        """Return a recovery with its steps."""
        return self._nham.get_recovery(recovery_id)

    def wait_recovered(
        self, vnf_id: str, known: int, seconds: float = 240
    ) -> Any:
        """Wait for the end of the recovery after so many known ones."""

        def ended() -> Any:
            found = self.recoveries(vnf_id)
            if len(found) <= known or found[0].state == "running":
                return None
            return self.recovery(found[0].id)

        return bed.wait("NHAM has recovered the VNF", ended, seconds)

    def events(self, after: int = 0) -> list[Any]:
        """Return the events after one, oldest first."""
        return list(self._nham.events(after=after, all_projects=True))
