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

"""The VNFM as NHAM needs it: who is there, what runs, heal.

Source: ETSI GS NFV-SOL 003 (VNF lifecycle management interface).
"""

from __future__ import annotations

import abc
from collections.abc import Mapping
from collections.abc import Sequence
import dataclasses
from typing import Any


@dataclasses.dataclass(frozen=True, kw_only=True)
class VnfcRecord:
    """One VNFC in the VNFM's record.

    :ivar vnfc_id: the id that a heal request names; it may change.
    :ivar index: the VNFC's place among those of its VDU; it stays.
    """

    vnfc_id: str
    vdu: str
    index: int
    server_id: str

    @property
    def name(self) -> str:
        """The stable name of the VNFC."""
        return f"{self.vdu}-{self.index}"


@dataclasses.dataclass(frozen=True, kw_only=True)
class VnfRecord:
    """One VNF instance in the VNFM's record.

    :ivar autoheal: the VNFM heals it by itself when it hears of a fault
        (SOL 003, isAutohealEnabled).
    """

    id: str
    name: str
    vnfd_id: str
    project_id: str
    instantiated: bool
    vnfcs: tuple[VnfcRecord, ...] = ()
    autoheal: bool = False


@dataclasses.dataclass(frozen=True, kw_only=True)
class Operation:
    """One lifecycle operation (LCM operation occurrence).

    :ivar instance_id: of the VNF instance that it changes.
    :ivar state: SOL 003 LcmOperationStateType, e.g. ``PROCESSING``.
    :ivar at: when it started, seconds since the epoch.
    :ivar since: when it got into its state, seconds since the epoch.
    :ivar error: why it failed, in the VNFM's words; empty if it did not.
    """

    id: str
    instance_id: str
    kind: str
    state: str
    at: float
    since: float
    error: str = ""
    params: Mapping[str, Any] = dataclasses.field(default_factory=dict)

    @property
    def running(self) -> bool:
        """It has not ended yet."""
        return self.state in ("STARTING", "PROCESSING", "ROLLING_BACK")

    @property
    def stuck(self) -> bool:
        """It blocks every other operation until somebody decides."""
        return self.state == "FAILED_TEMP"


class Vnfm(abc.ABC):
    """What NHAM may ask of a VNF manager.

    Every method may raise the errors of ``nham.adapters.errors``.
    """

    name: str

    @abc.abstractmethod
    def vnfs(self) -> Sequence[VnfRecord]:
        """Return all VNF instances."""

    @abc.abstractmethod
    def vnf(self, instance_id: str) -> VnfRecord:
        """Return one VNF instance."""

    @abc.abstractmethod
    def vnfd(self, vnfd_id: str) -> bytes:
        """Return the VNFD as a zip archive."""

    @abc.abstractmethod
    def operations(self, instance_id: str) -> Sequence[Operation]:
        """Return the operations of an instance, newest first."""

    @abc.abstractmethod
    def stuck_operations(self) -> Sequence[Operation]:
        """Return the operations of all instances that are stuck."""

    @abc.abstractmethod
    def heal(
        self, instance_id: str, vnfc: VnfcRecord, image_id: str | None
    ) -> str:
        """Ask for one VNFC to be replaced; return the operation's id.

        :param image_id: boot the new one from this image (a checkpoint).
        """

    @abc.abstractmethod
    def fail_operation(self, operation_id: str) -> None:
        """Give up an operation that is stuck, so that others may run."""

    @abc.abstractmethod
    def retry_operation(self, operation_id: str) -> None:
        """Have an operation that is stuck be tried once more."""

    @abc.abstractmethod
    def subscribe(self, callback: str, user: str, password: str) -> None:
        """Ask to be told of operations; a second call changes nothing."""
