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

"""The simulated Tacker behind the interface of a VNFM."""

from __future__ import annotations

from collections.abc import Sequence
import contextlib

from nham.adapters import errors
from nham.adapters.simulated import world as simulated
from nham.adapters.vnfm import base


class SimulatedVnfm(base.Vnfm):
    """A VNFM whose records are those of a ``World``."""

    name = "simulated"

    def __init__(self, world: simulated.World) -> None:
        self._world = world

    def _call(
        self, call: str, subject: str = ""
    ) -> contextlib.AbstractContextManager[None]:
        return self._world.gates.call("tacker", call, subject)

    def vnfs(self) -> Sequence[base.VnfRecord]:
        """See base class."""
        with self._call("vnfs"):
            instances = self._world.tacker.instances.values()
            return [instance.record() for instance in instances]

    def vnf(self, instance_id: str) -> base.VnfRecord:
        """See base class."""
        with self._call("vnf", instance_id):
            return self._world.tacker.get(instance_id).record()

    def vnfd(self, vnfd_id: str) -> bytes:
        """See base class."""
        with self._call("vnfd", vnfd_id):
            try:
                return self._world.tacker.vnfds[vnfd_id]
            except KeyError:
                raise errors.NotFound(f"no VNFD {vnfd_id}") from None

    def operations(self, instance_id: str) -> Sequence[base.Operation]:
        """See base class."""
        with self._call("operations", instance_id):
            return tuple(self._world.tacker.get(instance_id).operations)

    def stuck_operations(self) -> Sequence[base.Operation]:
        """See base class."""
        with self._call("stuck_operations"):
            return self._world.tacker.stuck()

    def heal(
        self, instance_id: str, vnfc: base.VnfcRecord, image_id: str | None
    ) -> str:
        """See base class."""
        with self._call("heal", instance_id):
            return self._world.tacker.heal(instance_id, vnfc.vnfc_id, image_id)

    def fail_operation(self, operation_id: str) -> None:
        """See base class."""
        with self._call("fail_operation", operation_id):
            self._world.tacker.fail(operation_id)

    def retry_operation(self, operation_id: str) -> None:
        """See base class."""
        with self._call("retry_operation", operation_id):
            self._world.tacker.retry(operation_id)

    def subscribe(self, callback: str, user: str, password: str) -> None:
        """See base class."""
        with self._call("subscribe", callback):
            if callback not in self._world.tacker.subscriptions:
                self._world.tacker.subscriptions.append(callback)
