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

"""Nova's operations and the lag of its records."""

from __future__ import annotations

from nham.adapters import errors
from nham.tests.unit.adapters.simulated import base


class LagTest(base.WorldCase):
    """What Nova believes, and from when on."""

    def test_dead_qemu_shows_after_fifteen_seconds(self) -> None:
        self.world.crash_vm(self.image_backed)
        self.clock.advance(14.9)
        self.assertEqual("ACTIVE", self.status(self.image_backed))
        self.clock.advance(0.2)
        self.assertEqual("SHUTOFF", self.status(self.image_backed))
        last = self.vim.actions(self.image_backed)[0]
        self.assertEqual(("stop", None), (last.action, last.user_id))

    def test_users_stop_has_a_user(self) -> None:
        self.world.user_stop(self.image_backed)
        self.clock.advance(2)
        self.assertEqual("SHUTOFF", self.status(self.image_backed))
        self.assertEqual(
            "user", self.vim.actions(self.image_backed)[0].user_id
        )

    def test_restart_within_the_lag_stays_active(self) -> None:
        self.world.crash_vm(self.image_backed)
        self.clock.advance(1)
        self.vim.reboot(self.image_backed, hard=True)
        self.clock.advance(30)
        self.assertEqual("ACTIVE", self.status(self.image_backed))
        self.assertTrue(self.world.serving(self.image_backed))

    def test_dead_hosts_servers_stay_active(self) -> None:
        self.world.power_off_host("one")
        self.clock.advance(11)
        self.assertTrue(self.vim.services()[0].up)
        self.clock.advance(5)
        self.assertFalse(self.vim.services()[0].up)
        self.clock.advance(600)
        self.assertEqual("ACTIVE", self.status(self.image_backed))

    def test_returned_host_shows_its_dead_guests_late(self) -> None:
        self.world.power_off_host("one")
        self.clock.advance(20)
        self.world.power_on_host("one")
        self.clock.advance(15)
        self.assertTrue(self.vim.services()[0].up)
        self.assertEqual("ACTIVE", self.status(self.image_backed))
        self.clock.advance(60)
        self.assertEqual("SHUTOFF", self.status(self.image_backed))

    def test_changed_servers_tells_of_the_deleted(self) -> None:
        self.clock.advance(10)
        since = self.clock.now()
        self.assertEqual([], list(self.vim.changed_servers(since)))
        self.world.delete_server_behind(self.image_backed)
        self.clock.advance(1)
        (found,) = self.vim.changed_servers(since)
        self.assertEqual("DELETED", found.status)
        self.assertEqual(1, len(self.vim.changed_servers(None)))
        self.assertRaises(errors.NotFound, self.vim.server, self.image_backed)


class InPlaceTest(base.WorldCase):
    """Operations that stay on the host."""

    def test_hard_reboot_keeps_the_disk(self) -> None:
        self.world.write(self.image_backed, 7)
        self.world.hang_app(self.image_backed)
        self.vim.reboot(self.image_backed, hard=True)
        self.assertEqual("HARD_REBOOT", self.status(self.image_backed))
        self.clock.advance(4.4)
        self.assertFalse(self.world.serving(self.image_backed))
        self.clock.advance(0.2)
        self.assertEqual(7, self.world.read(self.image_backed))

    def test_lost_disk_boots_only_after_a_rebuild(self) -> None:
        for server_id in (self.image_backed, self.volume_backed):
            image_id = self.world.add_image(5)
            self.world.lose_disk(server_id)
            self.vim.reboot(server_id, hard=True)
            self.clock.advance(100)
            self.assertFalse(self.world.serving(server_id))
            self.vim.rebuild(server_id, image_id)
            self.assertEqual("REBUILD", self.status(server_id))
            # The guest never booted, so it ignores the power button.
            self.clock.advance(60 + 8)
            self.assertEqual(5, self.world.read(server_id))

    def test_rebuild_from_a_torn_image_is_seen(self) -> None:
        image_id = self.world.add_image(5)
        self.world.corrupt_image(image_id)
        self.vim.rebuild(self.image_backed, image_id)
        self.clock.advance(100)
        self.assertFalse(self.world.serving(self.image_backed))
        self.assertEqual(["torn image used"], self.rules_broken())

    def test_rebuild_refuses_an_image_that_is_not_there(self) -> None:
        self.assertRaises(
            errors.Refused, self.vim.rebuild, self.image_backed, "none"
        )

    def test_image_holds_the_value_of_its_moment(self) -> None:
        self.world.write(self.image_backed, 3)
        image_id = self.vim.create_image(self.image_backed, "mine")
        self.world.write(self.image_backed, 4)
        self.assertIsNone(self.vim.image(image_id).digest)
        self.clock.advance(2)
        self.assertTrue(self.vim.image(image_id).digest)
        self.vim.rebuild(self.image_backed, image_id)
        self.clock.advance(10)
        self.assertEqual(3, self.world.read(self.image_backed))

    def test_guest_that_dies_under_an_image_leaves_the_task(self) -> None:
        # Nova's libvirt driver returns from a snapshot whose domain has
        # disappeared, and nobody ends the task.
        self.vim.create_image(self.image_backed, "mine")
        self.world.crash_vm(self.image_backed)
        self.clock.advance(300)
        server = self.vim.server(self.image_backed)
        self.assertEqual("ACTIVE", server.status)
        self.assertEqual("image_pending_upload", server.task_state)
        self.vim.reset_state(self.image_backed)
        self.vim.reboot(self.image_backed, hard=True)
        self.clock.advance(30)
        self.assertTrue(self.world.serving(self.image_backed))

    def test_two_operations_at_once_conflict(self) -> None:
        self.vim.create_image(self.image_backed, "mine")
        self.assertRaises(errors.Conflict, self.vim.stop, self.image_backed)

    def test_stop_of_a_guest_that_ignores_acpi_takes_a_minute(self) -> None:
        self.world.hang_guest(self.image_backed)
        self.vim.stop(self.image_backed)
        self.clock.advance(61)
        self.assertEqual("ACTIVE", self.status(self.image_backed))
        self.clock.advance(1)
        self.assertEqual("SHUTOFF", self.status(self.image_backed))

    def test_order_to_a_dead_host_hangs_and_runs_late(self) -> None:
        self.world.power_off_host("one")
        self.vim.reboot(self.image_backed, hard=True)
        self.clock.advance(600)
        self.assertEqual(
            "rebooting_hard", self.vim.server(self.image_backed).task_state
        )
        self.world.power_on_host("one")
        self.clock.advance(30)
        self.assertTrue(self.world.serving(self.image_backed))

    def test_reset_state_clears_a_stuck_task(self) -> None:
        self.world.power_off_host("one")
        self.vim.stop(self.image_backed)
        self.vim.reset_state(self.image_backed)
        server = self.vim.server(self.image_backed)
        self.assertEqual(("ERROR", None), (server.status, server.task_state))


class EvacuateTest(base.WorldCase):
    """Servers of a host that is down."""

    def down(self) -> None:
        self.vim.force_down("one", True)

    def test_needs_the_service_down(self) -> None:
        self.assertRaises(
            errors.Conflict, self.vim.evacuate, self.image_backed
        )

    def test_image_backed_loses_and_volume_backed_keeps(self) -> None:
        self.world.write(self.image_backed, 1)
        self.world.write(self.volume_backed, 2)
        self.world.power_off_host("one")
        self.down()
        self.vim.evacuate(self.image_backed)
        self.vim.evacuate(self.volume_backed)
        self.clock.advance(7.1)
        self.assertEqual(0, self.world.read(self.image_backed))
        self.assertEqual(2, self.world.read(self.volume_backed))
        self.assertEqual("two", self.vim.server(self.image_backed).host)
        self.assertEqual([], self.rules_broken())

    def test_partitioned_host_makes_two_actives(self) -> None:
        self.world.partition_host("one")
        self.down()
        self.vim.evacuate(self.volume_backed)
        self.clock.advance(10)
        self.assertEqual(["two actives", "two writers"], self.rules_broken())
        self.assertEqual(
            2, len(self.world.physics.guests_of(self.volume_backed))
        )

    def test_stale_guest_is_gone_once_nova_compute_starts(self) -> None:
        self.world.partition_host("one")
        self.down()
        self.vim.evacuate(self.image_backed)
        self.clock.advance(10)
        self.world.heal_partition("one")
        self.clock.advance(10)
        self.assertEqual(
            2, len(self.world.physics.guests_of(self.image_backed))
        )
        self.assertRaises(errors.Conflict, self.vim.force_down, "one", False)
        self.world.kill_compute("one")
        self.world.start_compute("one")
        self.clock.advance(10)
        self.vim.force_down("one", False)
        (guest,) = self.world.physics.guests_of(self.image_backed)
        self.assertEqual("two", guest.host)

    def test_not_started_waits_for_its_rebuild(self) -> None:
        image_id = self.world.add_image(6)
        self.world.power_off_host("one")
        self.down()
        self.vim.evacuate(self.image_backed, start=False)
        self.clock.advance(4.1)
        self.assertEqual("ACTIVE", self.status(self.image_backed))
        self.clock.advance(0.3)
        self.assertEqual("SHUTOFF", self.status(self.image_backed))
        self.vim.rebuild(self.image_backed, image_id)
        self.clock.advance(4.4)
        self.assertEqual("SHUTOFF", self.status(self.image_backed))
        self.vim.start(self.image_backed)
        self.clock.advance(5.1)
        self.assertEqual(6, self.world.read(self.image_backed))

    def test_out_of_error_it_starts_whatever_is_wanted(self) -> None:
        self.world.power_off_host("one")
        self.down()
        self.vim.reset_state(self.image_backed)
        self.vim.evacuate(self.image_backed, start=False)
        self.clock.advance(10.0)
        self.assertEqual("ACTIVE", self.status(self.image_backed))

    def test_no_room_is_an_error(self) -> None:
        self.world.physics.host("two").capacity = 0
        self.world.power_off_host("one")
        self.down()
        self.vim.evacuate(self.image_backed)
        self.clock.advance(2)
        self.assertEqual("ERROR", self.status(self.image_backed))

    def test_where_to_is_heeded_if_there_is_room(self) -> None:
        self.world.add_host("three")
        self.world.add_host("four").capacity = 0
        self.world.power_off_host("one")
        self.down()
        self.vim.evacuate(self.image_backed, host="three")
        self.vim.evacuate(self.volume_backed, host="four")
        self.clock.advance(10.0)
        self.assertEqual("three", self.vim.server(self.image_backed).host)
        self.assertEqual("ERROR", self.status(self.volume_backed))

    def test_affinity_needs_force(self) -> None:
        image_id = self.world.add_image()
        server_id = self.world.add_server(
            "tied", "one", image_id, affinity=True
        )
        self.world.power_off_host("one")
        self.down()
        self.vim.evacuate(server_id)
        self.clock.advance(2)
        self.assertEqual("ERROR", self.status(server_id))
        self.vim.evacuate(server_id, host="two", forced=True)
        self.clock.advance(8)
        self.assertTrue(self.world.serving(server_id))
