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

"""What NHAM made in a simulated cloud and has lost sight of."""

from __future__ import annotations

from collections.abc import Collection
from collections.abc import Iterator

from nham.adapters.simulated import records
from nham.core import model
from nham.recovery import replica_steps
from nham.simulate import lab as lab_

#: What NHAM makes in the cloud bears a name that begins so.
_OURS = "nham-"


def orphans(lab: lab_.Lab) -> Iterator[str]:
    """Yield what NHAM made in the cloud and has in no record.

    A server that Nova was asked to delete goes when its host is there.
    """
    store, world = lab.store, lab.world
    members = {m.name for m in store.members() if m.kind == "server"}
    owners: list[model.Group | model.Member] = [*store.groups()]
    owners += store.members()
    access = {replica_steps.access_name(one.id) for one in owners}
    for server in world.nova.servers.values():
        gone = server.vm_state is records.VmState.DELETED
        going = gone or server.task_state == "deleting"
        if _strange(server.name, members) and not going:
            yield f"server {server.name}"
    for port in world.neutron.ports.values():
        if _strange(port.name, members, port.name.rpartition("-")[0]):
            yield f"port {port.name}"
    for floating in world.neutron.floating_ips.values():
        if _strange(floating.name, access):
            yield f"floating IP {floating.name}"
    kept = {one.volume_id for one in world.storage.snapshots.values()}
    for volume in world.storage.volumes.values():
        # One of a dead host goes with its server, one with checkpoints later.
        waits = volume.status == "in-use" or volume.id in kept
        if _strange(volume.name, members) and not waits:
            yield f"volume {volume.name}"
    saved = {f"nham-{one.id}" for one in store.checkpoints()}
    for snapshot in world.storage.snapshots.values():
        base, _, _ = snapshot.name.rpartition("-")
        if _strange(snapshot.name, members) and base not in saved:
            yield f"snapshot {snapshot.name}"


def _strange(name: str, known: Collection[str], base: str = "") -> bool:
    """Say whether something is NHAM's own, and NHAM does not know it."""
    return name.startswith(_OURS) and (base or name) not in known
