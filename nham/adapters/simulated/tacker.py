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

"""The simulated Tacker: VNF instances, their VNFCs, and slow operations.

Its timings and traps are those that were measured: a heal on a dead host
takes 73 s and ends in FAILED_TEMP, which blocks all else; a heal of a
volume-backed VNFC fails while the old server holds the volume, and one of
a server of which Nova takes an image; a server that Nova deleted before is
replaced with its addresses and volumes.
"""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Mapping
import dataclasses
from typing import Any

from nham.adapters import errors
from nham.adapters.simulated import clock as virtual
from nham.adapters.simulated import nova as compute
from nham.adapters.simulated import physics as truth
from nham.adapters.simulated import records
from nham.adapters.simulated import storage
from nham.adapters.vnfm import base

USER = "tacker"
"""The user id of what Tacker does in Nova."""


Listener = Callable[[str, base.Operation], None]


class Tacker:
    """VNF instances and their lifecycle operations.

    :ivar subscriptions: callback addresses, each once.
    :ivar listeners: told of each operation's states, with the instance.
    :ivar deaf_until: notifications are lost before this moment.
    """

    def __init__(
        self,
        clock: virtual.VirtualClock,
        latencies: records.Latencies,
        physics: truth.Physics,
        store: storage.Storage,
        nova: compute.Nova,
        new_id: Callable[[], str],
    ) -> None:
        self._clock = clock
        self._latencies = latencies
        self._physics = physics
        self._store = store
        self._nova = nova
        self._new_id = new_id
        self.instances: dict[str, records.Instance] = {}
        self.vnfds: dict[str, bytes] = {}
        self.subscriptions: list[str] = []
        self.listeners: list[Listener] = []
        self.deaf_until = 0.0

    def get(self, instance_id: str) -> records.Instance:
        """Return an instance; :raises errors.NotFound: there is none."""
        try:
            return self.instances[instance_id]
        except KeyError:
            raise errors.NotFound(f"no VNF instance {instance_id}") from None

    # -- operations

    def begin(
        self,
        instance: records.Instance,
        kind: str,
        params: Mapping[str, Any] | None = None,
    ) -> str:
        """Begin an operation; only one at a time may run.

        :raises errors.Conflict: another runs or is stuck.
        """
        if any(one.running or one.stuck for one in instance.operations):
            raise errors.Conflict("another operation is in progress")
        now = self._clock.now()
        operation = base.Operation(
            id=self._new_id(),
            instance_id=instance.id,
            kind=kind,
            state="PROCESSING",
            at=now,
            since=now,
            params=dict(params or {}),
        )
        instance.operations.insert(0, operation)
        self._tell(instance, operation)
        return operation.id

    def end(
        self,
        instance: records.Instance,
        operation_id: str,
        state: str,
        error: str = "",
    ) -> None:
        """Set the state of an operation that has ended, and why it failed."""
        for place, operation in enumerate(instance.operations):
            if operation.id == operation_id:
                changed = dataclasses.replace(
                    operation,
                    state=state,
                    since=self._clock.now(),
                    error=error,
                )
                instance.operations[place] = changed
                self._tell(instance, changed)

    def end_in(
        self,
        delay: float,
        instance: records.Instance,
        operation_id: str,
        state: str = "COMPLETED",
    ) -> None:
        """Let an operation end after so many seconds."""
        self._clock.call_in(
            delay, lambda: self.end(instance, operation_id, state)
        )

    def fail(self, operation_id: str) -> None:
        """Give up a stuck operation.

        :raises errors.NotFound: there is no such operation.
        :raises errors.Conflict: it is not stuck.
        """
        instance, _operation = self._stuck(operation_id)
        self.end(instance, operation_id, "FAILED")

    def retry(self, operation_id: str) -> None:
        """Try a stuck heal, which is all that gets stuck here, once more.

        :raises errors.NotFound: there is no such operation.
        :raises errors.Conflict: it is not stuck.
        """
        instance, operation = self._stuck(operation_id)
        (vnfc_id,) = operation.params["vnfcInstanceId"]
        vnfc = _vnfc(instance, vnfc_id)
        self.end(instance, operation_id, "PROCESSING")
        self._heal(instance, vnfc, operation.params["vcImageId"], operation_id)

    def stuck(self) -> list[base.Operation]:
        """Return the operations of all instances that are stuck."""
        return [
            operation
            for instance in self.instances.values()
            for operation in instance.operations
            if operation.stuck
        ]

    def _stuck(
        self, operation_id: str
    ) -> tuple[records.Instance, base.Operation]:
        for instance in self.instances.values():
            for operation in instance.operations:
                if operation.id == operation_id:
                    if not operation.stuck:
                        raise errors.Conflict(f"it is {operation.state}")
                    return instance, operation
        raise errors.NotFound(f"no operation {operation_id}")

    def _tell(
        self, instance: records.Instance, operation: base.Operation
    ) -> None:
        if self._clock.monotonic() >= self.deaf_until:
            for listener in list(self.listeners):
                listener(instance.id, operation)

    # -- heal

    def heal(
        self, instance_id: str, vnfc_id: str, image_id: str | None
    ) -> str:
        """Replace the server of one VNFC.

        :raises errors.Refused: the instance has no such VNFC.
        """
        instance = self.get(instance_id)
        vnfc = _vnfc(instance, vnfc_id)
        operation_id = self.begin(
            instance,
            "HEAL",
            {"vnfcInstanceId": [vnfc_id], "vcImageId": image_id},
        )
        self._heal(instance, vnfc, image_id, operation_id)
        return operation_id

    def _heal(
        self,
        instance: records.Instance,
        vnfc: records.Vnfc,
        image_id: str | None,
        operation_id: str,
    ) -> None:
        old = self._nova.servers[vnfc.server_id]
        late = self._latencies
        if old.vm_state is records.VmState.DELETED:
            self._replace_in(late.heal_detach, instance, vnfc, image_id)
        elif self._trapped(old):
            self.end_in(late.heal_trap, instance, operation_id, "FAILED_TEMP")
        elif old.image_id is None:
            self.end_in(
                late.heal_volume_trap, instance, operation_id, "FAILED_TEMP"
            )
        else:
            self._replace_in(late.heal_detach, instance, vnfc, image_id)

    def _trapped(self, old: records.Server) -> bool:
        """Say whether the old server's ports would never be detached."""
        deleted = old.vm_state is records.VmState.DELETED
        return not deleted and not self._physics.host(old.host).takes_orders

    def _replace_in(
        self,
        delay: float,
        instance: records.Instance,
        vnfc: records.Vnfc,
        image_id: str | None,
    ) -> None:
        operation_id = instance.operations[0].id
        late = self._latencies

        def detach() -> None:
            old = self._nova.servers[vnfc.server_id]
            if self._trapped(old):
                self.end_in(
                    late.heal_trap, instance, operation_id, "FAILED_TEMP"
                )
                return
            if (old.task_state or "").startswith("image_"):
                why = (
                    f"Cannot 'detach_interface' instance {old.id} while it "
                    f"is in task_state {old.task_state} (HTTP 409)"
                )
                self.end(instance, operation_id, "FAILED_TEMP", why)
                return
            guest = self._physics.guest_on(old.id, old.host)
            if guest is not None and self._physics.host(old.host).reachable:
                guest.plugged = False
            self._clock.call_in(late.heal_build, build)

        def build() -> None:
            done = self._build(instance, vnfc, image_id)
            state = "COMPLETED" if done else "FAILED_TEMP"
            self.end_in(late.heal_rest, instance, operation_id, state)

        self._clock.call_in(delay, detach)

    def _build(
        self,
        instance: records.Instance,
        vnfc: records.Vnfc,
        image_id: str | None,
    ) -> bool:
        """Make the new server; say whether there was room and an image."""
        old = self._nova.servers[vnfc.server_id]
        host = self._nova.services.choose(not_on="")
        image = image_id or vnfc.image_id
        if host is None:
            return False
        disk = None
        if old.image_id is not None:
            try:
                disk = self._store.boot_disk(str(image))
            except errors.AdapterError:
                return False
            if disk.lost:
                self._physics.violate(
                    "torn image used", old.identity, str(image)
                )
        new = records.Server(
            id=self._new_id(),
            name=old.name,
            host=host,
            identity=old.identity,
            project_id=old.project_id,
            image_id=image if disk is not None else None,
            addresses=old.addresses,
            volumes=old.volumes,
            on_disk=old.on_disk,
            affinity=old.affinity,
        )
        vnfc.server_id = new.id
        if old.vm_state is not records.VmState.DELETED:
            old.volumes = []
            self._nova.delete(old.id, USER)
        self._nova.add(new, disk, USER)
        return True

    # -- what a user or orchestrator does

    def terminate(self, instance_id: str) -> str:
        """Terminate an instance: its servers go."""
        instance = self.get(instance_id)
        operation_id = self.begin(instance, "TERMINATE")

        def gone() -> None:
            for vnfc in instance.vnfcs:
                self._delete_server(vnfc)
            instance.vnfcs = []
            instance.instantiated = False
            self.end(instance, operation_id, "COMPLETED")

        self._clock.call_in(self._latencies.operation, gone)
        return operation_id

    def scale(
        self,
        instance_id: str,
        vdu: str,
        make: Callable[[int], records.Vnfc] | None,
    ) -> str:
        """Add a VNFC to a VDU, or take its highest index away.

        :param make: makes the VNFC of a given index; None: scale in.
        """
        instance = self.get(instance_id)
        operation_id = self.begin(instance, "SCALE")

        def scaled() -> None:
            same = [one for one in instance.vnfcs if one.vdu == vdu]
            if make is not None:
                instance.vnfcs.append(make(len(same)))
            elif same:
                last = max(same, key=lambda one: one.index)
                instance.vnfcs.remove(last)
                self._delete_server(last)
            self.end(instance, operation_id, "COMPLETED")

        self._clock.call_in(self._latencies.operation, scaled)
        return operation_id

    def change_package(
        self, instance_id: str, vnfd_id: str, image_id: str
    ) -> str:
        """Have each VNFC run another image, one after the other.

        Heat has Nova make the disks of their servers anew.
        """
        instance = self.get(instance_id)
        operation_id = self.begin(instance, "CHANGE_VNFPKG")
        waiting = list(instance.vnfcs)

        def turn() -> None:
            if waiting:
                vnfc = waiting.pop(0)
                vnfc.image_id = image_id
                self._nova.rebuild(vnfc.server_id, image_id, USER)
                self._clock.call_in(self._latencies.operation, turn)
                return
            instance.vnfd_id = vnfd_id
            self.end(instance, operation_id, "COMPLETED")

        turn()
        return operation_id

    def _delete_server(self, vnfc: records.Vnfc) -> None:
        server = self._nova.servers[vnfc.server_id]
        if server.vm_state is not records.VmState.DELETED:
            self._nova.delete(server.id, USER)


def _vnfc(instance: records.Instance, vnfc_id: str) -> records.Vnfc:
    for vnfc in instance.vnfcs:
        if vnfc.record().vnfc_id == vnfc_id:
            return vnfc
    raise errors.Refused(f"instance {instance.id} has no VNFC {vnfc_id}")
