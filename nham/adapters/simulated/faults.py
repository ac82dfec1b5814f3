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

"""What can go wrong in the simulated cloud, and what users do to it.

Each method happens at once, at the world's present moment. Scenarios call
them between two steps; seeded histories pick them by chance.
"""

from __future__ import annotations

from collections.abc import Callable

from nham.adapters.simulated import clock as virtual
from nham.adapters.simulated import gates
from nham.adapters.simulated import nova
from nham.adapters.simulated import physics
from nham.adapters.simulated import records
from nham.adapters.simulated import storage
from nham.adapters.simulated import tacker

USER = "user"
"""The user id of what a tenant does."""


def _nobody(_host: str, _server_id: str) -> None:
    """Stand in until somebody listens."""


class Faults:
    """The fault injection of a world.

    :ivar loss: share of probes that get lost, 0 to 1.
    :ivar on_crash: told the host and the server whose QEMU was killed.
    """

    clock: virtual.VirtualClock
    latencies: records.Latencies
    gates: gates.Gates
    physics: physics.Physics
    storage: storage.Storage
    nova: nova.Nova
    tacker: tacker.Tacker

    def __init__(self) -> None:
        self.loss = 0.0
        self.blind: set[str] = set()
        self.stalled_until: dict[str, float] = {}
        self.no_fence: set[str] = set()
        self.broken_fence: set[str] = set()
        self.on_crash: Callable[[str, str], None] = _nobody

    # -- guests and applications

    def _guests(self, server_id: str) -> list[records.Guest]:
        return self.physics.guests_of(server_id)

    def crash_vm(self, server_id: str) -> None:
        """Kill the guest's QEMU; Nova learns of it 15 s later."""
        for guest in self._guests(server_id):
            self.physics.end(guest)
            self.on_crash(guest.host, server_id)

    def guest_poweroff(self, server_id: str) -> None:
        """Let the guest switch itself off; Nova learns of it late, too."""
        for guest in self._guests(server_id):
            self.physics.end(guest)

    def hang_app(self, server_id: str) -> None:
        """Let the application accept no more; the guest is well."""
        for guest in self._guests(server_id):
            guest.app = records.App.HUNG

    def crash_app(self, server_id: str) -> None:
        """End the application: its port is closed, the guest is well."""
        for guest in self._guests(server_id):
            guest.app = records.App.CRASHED
            guest.forget()

    def mend_app(self, server_id: str) -> None:
        """Let the application come back by itself."""
        for guest in self._guests(server_id):
            guest.app = records.App.SERVING

    def restart_app(self, server_id: str) -> None:
        """Let the application start anew, faster than anybody sees."""
        self.crash_app(server_id)
        self.mend_app(server_id)

    def hang_guest(self, server_id: str) -> None:
        """Halt the guest's kernel; its QEMU lives, Nova sees nothing."""
        for guest in self._guests(server_id):
            guest.hang()

    def panic_guest(self, server_id: str) -> None:
        """Let the guest panic and reboot itself; Nova sees nothing."""
        for guest in self._guests(server_id):
            guest.app = records.App.SERVING
            guest.forget()
            guest.claims.clear()
            guest.boot_at = self.physics.boot_at(
                guest.disk, self.latencies.panic_reboot
            )

    def lose_disk(self, server_id: str) -> None:
        """Break the disk: the guest hangs and boots no more from it.

        Only a rebuild, or another image, helps.
        """
        server = self.nova.get(server_id)
        self.nova.disk(server).lost = True
        self.hang_guest(server_id)

    def server_error(self, server_id: str) -> None:
        """Let Nova put the server into ERROR; its guest is gone."""
        server = self.nova.get(server_id)
        self.physics.stop(server_id, server.host)
        self.nova.reset_state(server_id)

    # -- hosts

    def power_off_host(self, name: str) -> None:
        """Switch a host off, with all that runs on it."""
        self.kill_compute(name)
        self.physics.cut_power(name)

    def power_on_host(self, name: str) -> None:
        """Switch a host on; nova-compute reports 14 s later."""
        host = self.physics.host(name)
        if not host.power:
            host.power = True
            self.start_compute(name, self.latencies.host_boot)

    def kill_compute(self, name: str) -> None:
        """Kill nova-compute only; the guests run on."""
        self.nova.services.silence(name)
        self.physics.host(name).compute = False

    def start_compute(self, name: str, delay: float | None = None) -> None:
        """Start nova-compute; it tidies up and reports some time later."""
        host = self.physics.host(name)

        def started() -> None:
            if not host.power or host.compute:
                return
            host.compute = True
            host.life += 1
            if not host.partitioned:
                self.nova.compute_started(name)

        late = self.latencies.compute_start if delay is None else delay
        self.clock.call_in(late, started)

    def partition_host(self, name: str) -> None:
        """Cut a host's network; its guests run on, and answer nobody."""
        self.nova.services.silence(name)
        self.physics.host(name).partitioned = True

    def heal_partition(self, name: str) -> None:
        """Mend the network: guests that Nova has moved still run there.

        Nova tidies them up only when nova-compute starts.
        """
        host = self.physics.host(name)
        host.partitioned = False
        if host.power and host.compute:
            self.clock.call_in(
                self.latencies.report_interval, lambda: self._mended(host)
            )

    def _mended(self, host: records.Host) -> None:
        if host.takes_orders:
            self.nova.reconnected(host.name)

    def forbid_fence(self, name: str) -> None:
        """Take the means to fence a host away."""
        self.no_fence.add(name)

    def break_fence(self, name: str) -> None:
        """Let the fence of a host be asked for and never happen."""
        self.broken_fence.add(name)

    # -- services

    def api_down(self, system: str, seconds: float) -> None:
        """Let every call of a service raise ``Unavailable`` for so long."""
        self.gates.down(system, seconds)

    def api_slow(
        self, system: str, seconds: float, delay: float = 5.0
    ) -> None:
        """Let every call of a service take longer for so long."""
        self.gates.slow(system, seconds, delay)

    def api_error_once(
        self, system: str, call: str, after: bool = False
    ) -> None:
        """Let the next such call raise ``Unavailable``.

        :param after: it is done all the same, only the answer is lost.
        """
        self.gates.error_once(system, call, after)

    def corrupt_image(self, image_id: str) -> None:
        """Let the store hold other data than were put there."""
        self.storage.image(image_id).corrupt = True

    def corrupt_snapshot(self, snapshot_id: str) -> None:
        """Let a snapshot go bad."""
        self.storage.snapshot(snapshot_id).status = "error"

    def lose_notifications(self, seconds: float) -> None:
        """Let Tacker's notifications get lost for so long."""
        self.tacker.deaf_until = self.clock.monotonic() + seconds

    # -- observers

    def cut_observer(self, observer: str) -> None:
        """Cut an observer off: none of its probes arrives."""
        self.blind.add(observer)

    def mend_observer(self, observer: str) -> None:
        """Give an observer its network back."""
        self.blind.discard(observer)

    def stall_observer(self, observer: str, seconds: float) -> None:
        """Let an observer's process stand still for so long."""
        self.stalled_until[observer] = self.clock.monotonic() + seconds

    # -- users

    def user_stop(self, server_id: str) -> None:
        """Stop a server as its user."""
        self.nova.stop(server_id, USER)

    def user_start(self, server_id: str) -> None:
        """Start a server as its user."""
        self.nova.start(server_id, USER)

    def user_reboot(self, server_id: str) -> None:
        """Start a server anew as its user, whatever runs of it."""
        self.nova.reboot(server_id, True, USER)

    def user_pause(self, server_id: str) -> None:
        """Pause a server as its user."""
        self.nova.pause(server_id, USER, frozen=True)

    def user_unpause(self, server_id: str) -> None:
        """Let a paused server go on, as its user."""
        self.nova.pause(server_id, USER, frozen=False)

    def delete_server_behind(self, server_id: str) -> None:
        """Delete a server in Nova; Tacker does not know."""
        self.nova.delete(server_id, USER)

    def user_heal(self, instance_id: str, vnfc: str) -> str:
        """Heal a VNFC through Tacker without a checkpoint: state is lost.

        :param vnfc: its name, for instance ``VDU1-0``.
        """
        instance = self.tacker.get(instance_id)
        vnfc_id = next(
            one.record().vnfc_id
            for one in instance.vnfcs
            if one.record().name == vnfc
        )
        return self.tacker.heal(instance_id, vnfc_id, None)

    def user_terminate(self, instance_id: str) -> str:
        """Terminate a VNF through Tacker."""
        return self.tacker.terminate(instance_id)
