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

"""The simulated Nova: its operations, and how late it notices things.

Each operation looks at the state as Nova's API does, sets the task state,
goes to the host as an order, and writes the record when it has ended.
"""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Sequence
import contextlib

from nham.adapters import errors
from nham.adapters.simulated import clock as virtual
from nham.adapters.simulated import hosts
from nham.adapters.simulated import neutron
from nham.adapters.simulated import physics as truth
from nham.adapters.simulated import records
from nham.adapters.simulated import rules
from nham.adapters.simulated import servers
from nham.adapters.simulated import storage
from nham.adapters.simulated.records import VmState


class Nova(servers.Servers):
    """What the servers can be asked for, and what happens to them."""

    def __init__(
        self,
        clock: virtual.VirtualClock,
        latencies: records.Latencies,
        physics: truth.Physics,
        store: storage.Storage,
        services: hosts.ComputeHosts,
        network: neutron.Neutron,
        new_id: Callable[[], str],
    ) -> None:
        super().__init__(clock, physics, store, network, new_id)
        self._latencies = latencies
        self.services = services
        physics.on_exit = self._exited

    # -- operations

    def create(
        self,
        server: records.Server,
        ports: Sequence[neutron.Port],
        user: str,
    ) -> None:
        """Begin a new server, on its host or nowhere."""
        self.servers[server.id] = server
        for volume_id in server.volumes:
            self._store.volume(volume_id).status = "in-use"
        self.note(server, "create", user)
        if not self.services.fits(server.host):
            self._no_valid_host(server)
            return

        def begin() -> float:
            self._network.plug(server, ports)
            return self._latencies.create

        self.services.order(
            server.host,
            server,
            begin,
            lambda: self._rebuilt(server, server.image_id),
        )

    def _claim(self, server_id: str, kind: str, user: str) -> records.Server:
        server, rule = self.get(server_id), rules.RULES[kind]
        if server.vm_state not in rule.states:
            raise errors.Conflict(f"{kind}: server is {server.vm_state}")
        if server.task_state not in rule.tasks:
            raise errors.Conflict(f"{kind}: server is {server.task_state}")
        server.task_state = rule.task
        server.turn += 1
        self.note(server, rule.action, user)
        return server

    def _halt(self, server: records.Server) -> None:
        self._physics.stop(server.id, server.host)
        self._ended(server, VmState.STOPPED)

    def _shutdown_time(self, server: records.Server, timeout: float) -> float:
        """Return how much longer a guest that ignores ACPI takes."""
        guest = self._physics.guest_on(server.id, server.host)
        if guest is None or self._physics.booted(guest):
            return 0.0
        return timeout

    def reboot(self, server_id: str, hard: bool, user: str) -> None:
        """Reboot a server, softly or by starting its guest anew."""
        server = self._claim(
            server_id, "reboot_hard" if hard else "reboot_soft", user
        )
        late = self._latencies

        def begin() -> float:
            wait = self._shutdown_time(server, late.soft_timeout)
            self._physics.stop(server.id, server.host)
            return late.reboot_hard if hard else wait or late.reboot_soft

        self.services.order(
            server.host, server, begin, lambda: self._run(server)
        )

    def start(self, server_id: str, user: str) -> None:
        """Start a stopped server."""
        server = self._claim(server_id, "start", user)
        self.services.order(
            server.host,
            server,
            lambda: self._latencies.start,
            lambda: self._run(server),
        )

    def stop(self, server_id: str, user: str) -> None:
        """Stop a server; one that ignores ACPI takes a minute more."""
        server = self._claim(server_id, "stop", user)
        late = self._latencies
        self.services.order(
            server.host,
            server,
            lambda: late.stop + self._shutdown_time(server, late.acpi_timeout),
            lambda: self._halt(server),
        )

    def pause(self, server_id: str, user: str, frozen: bool) -> None:
        """Freeze a guest or let it go on, at once."""
        server = self._claim(server_id, "pause" if frozen else "unpause", user)
        guest = self._physics.guest_on(server.id, server.host)
        if guest is not None:
            guest.hang()
            if not frozen:
                guest.boot_at = self._clock.monotonic()
        self._ended(server, VmState.PAUSED if frozen else VmState.ACTIVE)

    def rebuild(self, server_id: str, image_id: str, user: str) -> None:
        """Make the root disk anew from an image, in place.

        :raises errors.Refused: the image does not exist or is not active.
        """
        known = self._store.images.get(image_id)
        if known is None or known.status != "active":
            raise errors.Refused(f"rebuild: image {image_id} is unusable")
        server = self._claim(server_id, "rebuild", user)
        late = self._latencies

        def begin() -> float:
            wait = self._shutdown_time(server, late.acpi_timeout)
            self._physics.stop(server.id, server.host)
            return late.rebuild + wait

        self.services.order(
            server.host,
            server,
            begin,
            lambda: self._rebuilt(server, image_id),
        )

    def _rebuilt(self, server: records.Server, image_id: str | None) -> None:
        try:
            if image_id is not None:
                self.set_disk(server, image_id)
        except errors.AdapterError:
            self._ended(server, VmState.ERROR)
            return
        server.to_stop = server.vm_state is VmState.STOPPED
        self._run(server)
        if server.to_stop:
            self._stop_again(server)

    def _stop_again(self, server: records.Server) -> None:
        """Stop a server that was off before it was made anew."""
        turn = server.turn

        def stop() -> None:
            server.to_stop = False
            host = self._physics.host(server.host)
            if server.turn == turn and host.takes_orders:
                self._halt(server)

        self._clock.call_in(self._latencies.stop_again, stop)

    def evacuate(
        self,
        server_id: str,
        host: str | None,
        user: str,
        forced: bool = False,
        start: bool = True,
    ) -> None:
        """Make the server anew on another host.

        :raises errors.Conflict: its host's service is not down.
        :raises errors.Refused: the host to go to does not exist.
        """
        source = self.get(server_id).host
        if self.services.up(source):
            raise errors.Conflict(f"service of {source} is still in use")
        if host is not None and host not in self._physics.hosts:
            raise errors.Refused(f"no host {host}")
        server = self._claim(server_id, "evacuate", user)
        # Nova does not heed what is wanted of one that is in ERROR.
        heeded = not forced and server.vm_state is not VmState.ERROR
        if not start and heeded:
            server.vm_state = VmState.STOPPED
        target = host
        if not forced:
            target = self._scheduled(server, source, host)
        if target is None:
            self._no_valid_host(server)
            return
        self._order_evacuation(server, source, target)

    def _scheduled(
        self, server: records.Server, source: str, wanted: str | None
    ) -> str | None:
        """Return where the scheduler puts a server, None if nowhere."""
        if server.affinity:
            return None
        if wanted is None:
            return self.services.choose(not_on=source)
        return wanted if self.services.fits(wanted) else None

    def _no_valid_host(self, server: records.Server) -> None:
        turn = server.turn

        def give_up() -> None:
            if server.turn == turn:
                self._ended(server, VmState.ERROR)

        self._clock.call_in(self._latencies.no_valid_host, give_up)

    def _order_evacuation(
        self, server: records.Server, source: str, target: str
    ) -> None:
        def begin() -> float:
            server.host = target
            self.touch(server)
            return self._latencies.evacuate

        def finish() -> None:
            self._physics.host(source).evacuated.add(server.id)
            self._rebuilt(server, server.image_id)

        self.services.order(target, server, begin, finish)

    def delete(self, server_id: str, user: str) -> None:
        """Delete a server; a down host's one only from the records."""
        server = self.get(server_id)
        server.turn += 1
        server.task_state = "deleting"
        self.note(server, "delete", user)
        if self.services.up(server.host):
            self.services.order(
                server.host,
                server,
                lambda: self._latencies.delete,
                lambda: self._deleted(server),
            )
        else:
            self._clock.call_in(
                self._latencies.delete, lambda: self._deleted(server)
            )

    def _deleted(self, server: records.Server) -> None:
        if self._physics.host(server.host).takes_orders:
            self._physics.stop(server.id, server.host)
        self._network.unplug(server.id)
        for volume_id in server.volumes:
            self._store.volume(volume_id).status = "available"
            if server.volume_goes:
                # Nova only logs that Cinder does not let it.
                with contextlib.suppress(errors.Conflict):
                    self._store.delete_volume(volume_id)
        self._ended(server, VmState.DELETED)

    def reset_state(self, server_id: str) -> None:
        """Set the server to ERROR without a task; what ran ends in vain."""
        server = self.get(server_id)
        server.turn += 1
        self._ended(server, VmState.ERROR)

    def create_image(self, server_id: str, name: str, user: str) -> str:
        """Begin an image; it holds what was on the disk at this moment."""
        server = self._claim(server_id, "create_image", user)
        disk = self.disk(server)
        image = self._store.add_image(disk.value, name, "queued")

        guest = self._physics.guest_on(server.id, server.host)

        def begin() -> float:
            image.status = "saving"
            return self._latencies.create_image

        def finish() -> None:
            now = self._physics.guest_on(server.id, server.host)
            if guest is not None and now is not guest:
                # As Nova does: the task stays, and so does the image.
                server.task_state = "image_pending_upload"
                self.touch(server)
                return
            self._ended(server, server.vm_state)
            if disk.lost:
                self._store.images.pop(image.id, None)
            else:
                image.status = "active"

        self.services.order(server.host, server, begin, finish)
        return image.id

    # -- what happens by itself

    def _exited(self, guest: records.Guest) -> None:
        self._sync_in(self._latencies.power_lag, guest.server_id, guest.host)

    def _sync_in(self, delay: float, server_id: str, host: str) -> None:
        self._clock.call_in(delay, lambda: self._sync(server_id, host))

    def _sync(self, server_id: str, host: str) -> None:
        """Notice that a guest is gone, as Nova's power sync does."""
        server = self.servers[server_id]
        if (
            server.host == host
            and server.task_state is None
            and server.vm_state in (VmState.ACTIVE, VmState.PAUSED)
            and self._physics.host(host).takes_orders
            and self._physics.guest_on(server_id, host) is None
        ):
            self.note(server, "stop", None)
            self._ended(server, VmState.STOPPED)

    def compute_started(self, name: str) -> None:
        """Do what nova-compute does first: tidy up, then take orders."""
        host = self._physics.host(name)
        host.evacuated.clear()
        for guest in list(host.guests):
            server = self.servers[guest.server_id]
            gone = server.vm_state is VmState.DELETED
            if gone or server.host != name:
                self._physics.stop(guest.server_id, name)
        queued = {server_id for server_id, _work in host.waiting}
        for server in self.servers.values():
            if server.host == name and server.id not in queued:
                self._recover_task(server)
        self.reconnected(name)

    def reconnected(self, name: str) -> None:
        """Take what waited, and compare the guests a while later."""
        self.services.back(name)
        for server in self.servers.values():
            if server.host == name:
                self._sync_in(self._latencies.sync_lag, server.id, name)

    def _recover_task(self, server: records.Server) -> None:
        """Clear a task that died with nova-compute."""
        if server.task_state is None:
            return
        broken = server.task_state in ("rebuilding", "spawning")
        self._ended(server, VmState.ERROR if broken else server.vm_state)
