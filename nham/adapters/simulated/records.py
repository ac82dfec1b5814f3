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

"""What exists in the simulated cloud: truth, and the services' records.

``Host``, ``Guest`` and ``Disk`` are what really is. ``Server`` is what
Nova believes, which may be late or wrong. Times are monotonic seconds of
the world's clock unless a name says otherwise.
"""

from __future__ import annotations

from collections.abc import Callable
import dataclasses
import enum
import math

from nham.adapters.vim import base as vim_base
from nham.adapters.vnfm import base as vnfm_base


@dataclasses.dataclass(frozen=True, kw_only=True)
class Latencies:
    """How many seconds things take.

    The defaults were measured on the test cloud (``tools/testcloud``),
    or are the fixed waits of the services' own source.

    :ivar power_lag: Nova waits so long before it believes that a guest
        has died (``nova/virt/libvirt/host.py``, fixed).
    :ivar sync_lag: until a restarted nova-compute notices the same.
    :ivar acpi_timeout: how long Nova waits for a guest that ignores the
        power button.
    :ivar stop_again: how long a server that was off runs after it was made
        anew.
    :ivar heal_detach: until the old server of a heal loses its ports.
    :ivar heal_trap: until Tacker gives up a heal on a dead host.
    :ivar balancer: until a change of a pool holds, and another is taken.
    """

    boot: float = 3.0
    panic_reboot: float = 5.0
    reboot_hard: float = 1.5
    reboot_soft: float = 3.0
    soft_timeout: float = 25.0
    start: float = 2.0
    stop: float = 1.9
    rebuild: float = 4.0
    stop_again: float = 0.3
    evacuate: float = 4.0
    no_valid_host: float = 1.0
    create: float = 3.5
    create_image: float = 1.8
    delete: float = 0.7
    acpi_timeout: float = 60.0
    snapshot: float = 1.6
    volume_from_snapshot: float = 0.6
    copy_volume: float = 2.0
    upload_volume: float = 2.0
    power_lag: float = 15.0
    sync_lag: float = 58.0
    service_down_time: float = 15.0
    report_interval: float = 3.0
    host_boot: float = 14.0
    compute_start: float = 7.7
    heal_detach: float = 11.3
    heal_build: float = 9.0
    heal_rest: float = 3.5
    heal_trap: float = 73.0
    heal_volume_trap: float = 12.0
    operation: float = 15.0
    balancer: float = 1.0
    round_trip: float = 0.002
    jitter: float = 0.001


class App(enum.StrEnum):
    """What the application in a guest does."""

    SERVING = "serving"
    HUNG = "hung"
    CRASHED = "crashed"


@dataclasses.dataclass(eq=False)
class Disk:
    """A root disk: one number stands for all that was written.

    :ivar lost: no guest can boot from it.
    """

    value: int = 0
    lost: bool = False


@dataclasses.dataclass(eq=False)
class Guest:
    """One running guest (a QEMU process) on one host.

    :ivar identity: the VNFC that it serves; two at once are a violation.
    :ivar boot_at: from when on it answers; infinite if it never will.
    :ivar plugged: its ports are its own.
    :ivar state: what its application holds in memory; none after a boot.
    :ivar took: the state that it took in last since it started.
    :ivar restarts: how often its application started anew since the boot.
    :ivar claims: addresses that it has taken, in memory only.
    :ivar held_until: until when it acknowledges no change of its state.
    :ivar on_disk: its application keeps what clients write at an address on
        its disk, and not in memory.
    """

    server_id: str
    identity: str
    host: str
    disk: Disk
    addresses: tuple[str, ...]
    boot_at: float
    app: App = App.SERVING
    plugged: bool = True
    state: bytes = b""
    took: bytes | None = None
    restarts: int = 0
    held_until: float = 0.0
    claims: set[str] = dataclasses.field(default_factory=set)
    on_disk: bool = False

    @property
    def number(self) -> int:
        """What its clients read at an address."""
        return self.disk.value if self.on_disk else int(self.state or b"0")

    def keep(self, number: int) -> None:
        """Keep what a client writes at an address."""
        if self.on_disk:
            self.disk.value = number
        else:
            self.state = str(number).encode()

    @property
    def started(self) -> str:
        """A word that is another one each time its application starts."""
        return f"{self.server_id}/{self.boot_at}/{self.restarts}"

    def forget(self) -> None:
        """Lose what was in the application's memory."""
        self.state, self.took, self.held_until = b"", None, 0.0
        self.restarts += 1

    def hang(self) -> None:
        """Freeze the whole guest, for ever."""
        self.boot_at = math.inf


@dataclasses.dataclass(eq=False)
class Host:
    """One compute host.

    :ivar compute: its nova-compute process lives.
    :ivar forced_at: when forced_down was last written.
    :ivar silent_since: when its service last reported, None if it does.
    :ivar life: how often nova-compute was started; a restart forgets
        what it was doing.
    :ivar evacuated: servers that were made anew elsewhere, and whose
        guests nova-compute has not yet removed here.
    :ivar waiting: orders that nova-compute has not taken yet, each with
        its server's id.
    :ivar unfinished: ends of orders that it cannot report while it is
        cut off.
    """

    name: str
    address: str
    capacity: int = 100
    power: bool = True
    compute: bool = True
    partitioned: bool = False
    forced_down: bool = False
    forced_at: float = 0.0
    enabled: bool = True
    silent_since: float | None = None
    life: int = 0
    evacuated: set[str] = dataclasses.field(default_factory=set)
    guests: list[Guest] = dataclasses.field(default_factory=list)
    waiting: list[tuple[str, Callable[[], None]]] = dataclasses.field(
        default_factory=list
    )
    unfinished: list[Callable[[], None]] = dataclasses.field(
        default_factory=list
    )

    @property
    def reachable(self) -> bool:
        """Something on it can answer over the network."""
        return self.power and not self.partitioned

    @property
    def takes_orders(self) -> bool:
        """Its nova-compute gets what the API sends."""
        return self.reachable and self.compute


class VmState(enum.StrEnum):
    """Nova's ``vm_state``."""

    BUILDING = "building"
    ACTIVE = "active"
    STOPPED = "stopped"
    PAUSED = "paused"
    ERROR = "error"
    DELETED = "deleted"


_STATUS = {
    VmState.BUILDING: "BUILD",
    VmState.ACTIVE: "ACTIVE",
    VmState.STOPPED: "SHUTOFF",
    VmState.PAUSED: "PAUSED",
    VmState.ERROR: "ERROR",
    VmState.DELETED: "DELETED",
}

_BUSY_STATUS = {
    VmState.BUILDING: "BUILD",
    (VmState.ACTIVE, "rebooting"): "REBOOT",
    (VmState.ACTIVE, "rebooting_hard"): "HARD_REBOOT",
    (VmState.ACTIVE, "rebuilding"): "REBUILD",
    (VmState.STOPPED, "rebuilding"): "REBUILD",
    (VmState.ERROR, "rebuilding"): "REBUILD",
}
"""Source: ``nova/api/openstack/common.py``, ``_STATE_MAP``."""


#: Actions after which a server runs, or does not.
_SWITCHING = ("stop", "start", "reboot", "rebuild", "evacuate", "create")


@dataclasses.dataclass(eq=False, kw_only=True)
class Server:
    """Nova's record of one server.

    :ivar changed_at: wall clock, as ``changes-since`` compares it.
    :ivar turn: the number of the operation that holds it.
    :ivar to_stop: it was off, was made anew, and is about to be off again.
    :ivar volume_goes: its volume is deleted with it.
    :ivar on_disk: as of its guest.
    """

    id: str
    name: str
    host: str
    identity: str
    project_id: str
    image_id: str | None
    addresses: tuple[vim_base.Address, ...]
    volumes: list[str]
    volume_goes: bool = False
    on_disk: bool = False
    affinity: bool = False
    tags: tuple[str, ...] = ()
    metadata: tuple[tuple[str, str], ...] = ()
    vm_state: VmState = VmState.ACTIVE
    task_state: str | None = None
    changed_at: float = 0.0
    turn: int = 0
    to_stop: bool = False
    actions: list[vim_base.ServerAction] = dataclasses.field(
        default_factory=list
    )

    @property
    def status(self) -> str:
        """What the API shows."""
        busy = (self.vm_state, self.task_state or "")
        return _BUSY_STATUS.get(busy) or _STATUS[self.vm_state]

    @property
    def set_aside(self) -> float | None:
        """Since when a user wants it not to run; None: nobody does."""
        if self.vm_state is VmState.PAUSED:
            return self.actions[0].at
        if self.vm_state is not VmState.STOPPED:
            return None
        for action in self.actions:
            if action.action in _SWITCHING:
                asked = action.action == "stop" and action.user_id is not None
                return action.at if asked else None
        return None

    @property
    def ips(self) -> tuple[str, ...]:
        """The addresses of its own interfaces."""
        return tuple(
            address.ip for address in self.addresses if address.kind == "fixed"
        )


@dataclasses.dataclass(frozen=True, kw_only=True)
class Violation:
    """A rule that must never break, broken.

    :ivar at: wall clock.
    """

    at: float
    rule: str
    subject: str
    detail: str


@dataclasses.dataclass(frozen=True, kw_only=True)
class Request:
    """One call that a service got, refused ones too.

    :ivar at: wall clock.
    """

    at: float
    system: str
    call: str
    subject: str = ""
    user_id: str = ""


@dataclasses.dataclass(eq=False, kw_only=True)
class Vnfc:
    """One VNFC in Tacker's record."""

    vdu: str
    index: int
    server_id: str
    image_id: str | None

    def record(self) -> vnfm_base.VnfcRecord:
        """Return it as the adapter shows it."""
        return vnfm_base.VnfcRecord(
            vnfc_id=f"{self.vdu}-{self.server_id}",
            vdu=self.vdu,
            index=self.index,
            server_id=self.server_id,
        )


@dataclasses.dataclass(eq=False, kw_only=True)
class Instance:
    """One VNF instance.

    :ivar on_disk: VDUs whose guests keep their state on disk.
    """

    id: str
    name: str
    vnfd_id: str
    project_id: str
    instantiated: bool = True
    on_disk: tuple[str, ...] = ()
    autoheal: bool = False
    vnfcs: list[Vnfc] = dataclasses.field(default_factory=list)
    operations: list[vnfm_base.Operation] = dataclasses.field(
        default_factory=list
    )

    def record(self) -> vnfm_base.VnfRecord:
        """Return it as the adapter shows it."""
        return vnfm_base.VnfRecord(
            id=self.id,
            name=self.name,
            vnfd_id=self.vnfd_id,
            project_id=self.project_id,
            instantiated=self.instantiated,
            vnfcs=tuple(vnfc.record() for vnfc in self.vnfcs),
            autoheal=self.autoheal,
        )
