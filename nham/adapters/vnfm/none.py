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

"""No VNFM: the operator registers the servers of each VNF by hand."""

from __future__ import annotations

from collections.abc import Sequence

from nham.adapters import errors
from nham.adapters.vnfm import base


class NoVnfm(base.Vnfm):
    """Knows no VNF and can heal none."""

    name = "none"

    def vnfs(self) -> Sequence[base.VnfRecord]:
        """See base class."""
        return ()

    def vnf(self, instance_id: str) -> base.VnfRecord:
        """See base class."""
        raise errors.NotFound(f"no VNFM knows VNF instance {instance_id}")

    def vnfd(self, vnfd_id: str) -> bytes:
        """See base class."""
        raise errors.NotFound(f"no VNFM knows VNFD {vnfd_id}")

    def operations(self, instance_id: str) -> Sequence[base.Operation]:
        """See base class."""
        raise errors.NotFound(f"no VNFM knows VNF instance {instance_id}")

    def stuck_operations(self) -> Sequence[base.Operation]:
        """See base class."""
        return ()

    def heal(
        self, instance_id: str, vnfc: base.VnfcRecord, image_id: str | None
    ) -> str:
        """See base class."""
        raise errors.Refused(f"no VNFM can heal {vnfc.name}")

    def fail_operation(self, operation_id: str) -> None:
        """See base class."""
        raise errors.NotFound(f"no VNFM knows operation {operation_id}")

    def retry_operation(self, operation_id: str) -> None:
        """See base class."""
        raise errors.NotFound(f"no VNFM knows operation {operation_id}")

    def subscribe(self, callback: str, user: str, password: str) -> None:
        """See base class: there is nobody to tell anything."""
