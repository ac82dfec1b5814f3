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

"""Tests of what is known of Nova."""

from __future__ import annotations

from nham.adapters import errors
from nham.adapters.simulated import clock as virtual
from nham.adapters.simulated import records
from nham.adapters.simulated import vim
from nham.adapters.simulated import world as simulated
from nham.adapters.vim import base as vim_base
from nham.engine import cloud
from nham.tests import base

VmState = records.VmState


class CloudCase(base.TestCase):
    """One server, which Nova was asked about once."""

    def setUp(self) -> None:
        super().setUp()
        self.world = simulated.World(seed=1)
        self.clock: virtual.VirtualClock = self.world.clock
        self.world.add_host("one")
        self.server_id = self.world.add_server(
            "s", "one", self.world.add_image()
        )
        self.vim = vim.SimulatedVim(self.world)
        self.cloud = cloud.CloudView(self.vim, self.clock)
        self.clock.advance(100.0)
        self.cloud.poll()

    def status(self) -> str | None:
        """Return what the view says of the server."""
        server = self.cloud.server(self.server_id)
        return server.status if server else None

    def poll_in(self, seconds: float) -> None:
        """Poll once more, later."""
        self.clock.advance(seconds)
        self.cloud.poll()


class TestPoll(CloudCase):
    """What a round takes in."""

    def change(self, ago: float) -> None:
        """Let Nova say ERROR, by its clock so many seconds ago."""
        record = self.world.nova.servers[self.server_id]
        record.vm_state = VmState.ERROR
        record.changed_at = self.clock.now() - ago

    def test_first_round_takes_in_all(self) -> None:
        self.assertEqual("ACTIVE", self.status())
        self.assertTrue(self.cloud.available)
        self.assertIsNone(self.cloud.server("nobody"))
        service = self.cloud.services()["one"]
        self.assertTrue(service.up)

    def test_change_is_seen(self) -> None:
        self.world.server_error(self.server_id)
        self.poll_in(1.0)
        self.assertEqual("ERROR", self.status())

    def test_change_that_nova_dates_late_is_seen(self) -> None:
        self.change(ago=4.5)
        self.cloud.poll()
        self.assertEqual("ERROR", self.status())

    def test_only_changes_are_asked_for(self) -> None:
        self.change(ago=6.0)
        self.cloud.poll()
        self.assertEqual("ACTIVE", self.status())

    def test_whole_list_now_and_then_mends_what_was_lost(self) -> None:
        self.change(ago=60.0)
        self.poll_in(299.0)
        self.assertEqual("ACTIVE", self.status())
        self.poll_in(2.0)
        self.assertEqual("ERROR", self.status())

    def test_whole_list_forgets_who_is_gone(self) -> None:
        del self.world.nova.servers[self.server_id]
        self.poll_in(299.0)
        self.assertEqual("ACTIVE", self.status())
        self.poll_in(2.0)
        self.assertIsNone(self.status())

    def test_whole_list_is_asked_for_again_only_after_as_long(self) -> None:
        self.poll_in(301.0)
        self.change(ago=60.0)
        self.poll_in(299.0)
        self.assertEqual("ACTIVE", self.status())
        self.poll_in(2.0)
        self.assertEqual("ERROR", self.status())

    def test_deleted_server(self) -> None:
        self.vim.delete_server(self.server_id)
        self.poll_in(3.0)
        self.assertEqual("DELETED", self.status())

    def test_services_are_those_of_the_last_round(self) -> None:
        self.world.kill_compute("one")
        self.poll_in(20.0)
        self.assertFalse(self.cloud.services()["one"].up)

    def test_what_was_just_read_counts(self) -> None:
        self.world.server_error(self.server_id)
        self.cloud.note(self.vim.server(self.server_id))
        self.assertEqual("ERROR", self.status())


class TestRead(CloudCase):
    """A server that somebody needs to know of."""

    def asked(self) -> int:
        """Return how often Nova was asked for one server."""
        return sum(one.call == "server" for one in self.world.gates.log)

    def test_what_the_list_has_is_not_asked_for(self) -> None:
        found = self.cloud.read(self.server_id)
        self.assertEqual(self.server_id, found.id)
        self.assertEqual(0, self.asked())

    def test_what_it_does_not_have_is_asked_for_once(self) -> None:
        new = cloud.CloudView(self.vim, self.clock)
        for _ in range(2):
            self.assertEqual(self.server_id, new.read(self.server_id).id)
        self.assertEqual(1, self.asked())

    def test_a_deleted_one_is_none(self) -> None:
        self.vim.delete_server(self.server_id)
        self.poll_in(3.0)
        self.assertRaises(errors.NotFound, self.cloud.read, self.server_id)

    def test_what_was_read_long_ago_is_not_enough(self) -> None:
        self.world.api_down("nova", 600.0)
        self.poll_in(3.0)
        self.assertRaises(errors.Unavailable, self.cloud.read, self.server_id)


class TestImaging(CloudCase):
    """How long an image of a server is being taken."""

    def imaging(self) -> float:
        """Return the seconds."""
        return self.cloud.imaging_for(self.server_id)

    def test_from_when_it_was_seen(self) -> None:
        self.assertEqual(0.0, self.imaging())
        self.vim.create_image(self.server_id, "i")
        self.assertEqual(0.0, self.imaging())
        self.poll_in(0.5)
        self.poll_in(0.5)
        self.assertEqual(0.5, self.imaging())

    def test_each_image_counts_for_itself(self) -> None:
        self.vim.create_image(self.server_id, "i")
        self.poll_in(0.5)
        self.poll_in(10.0)
        self.assertEqual(0.0, self.imaging())
        self.vim.create_image(self.server_id, "i")
        self.poll_in(0.5)
        self.assertEqual(0.0, self.imaging())

    def test_server_that_is_gone_is_forgotten(self) -> None:
        self.vim.create_image(self.server_id, "i")
        self.poll_in(0.5)
        del self.world.nova.servers[self.server_id]
        self.poll_in(301.0)
        self.assertEqual(0.0, self.imaging())


class TestNovaDown(CloudCase):
    """A round that Nova does not answer."""

    def test_old_view_stays(self) -> None:
        self.world.api_down("nova", 10.0)
        self.world.server_error(self.server_id)
        self.world.kill_compute("one")
        self.poll_in(1.0)
        self.assertFalse(self.cloud.available)
        self.assertEqual("ACTIVE", self.status())
        self.assertTrue(self.cloud.services()["one"].up)

    def test_half_an_answer_is_none(self) -> None:
        self.world.server_error(self.server_id)
        self.world.api_error_once("nova", "services")
        self.poll_in(1.0)
        self.assertFalse(self.cloud.available)
        self.assertEqual("ACTIVE", self.status())

    def test_changes_meanwhile_are_caught_up_with(self) -> None:
        self.world.server_error(self.server_id)
        self.world.api_down("nova", 60.0)
        for _ in range(61):
            self.poll_in(1.0)
        self.assertTrue(self.cloud.available)
        self.assertEqual("ERROR", self.status())

    def test_first_round_may_fail(self) -> None:
        fresh = cloud.CloudView(self.vim, self.clock)
        self.world.api_error_once("nova", "changed_servers")
        fresh.poll()
        self.assertEqual({}, fresh.services())
        fresh.poll()
        self.assertTrue(fresh.available)
        self.assertIsNotNone(fresh.server(self.server_id))

    def test_is_told_once_and_its_end_too(self) -> None:
        self.world.api_down("nova", 2.5)
        with self.assertLogs(cloud.LOG, "INFO") as told:
            for _ in range(5):
                self.poll_in(1.0)
        self.assertEqual(
            ["WARNING", "INFO"], [one.levelname for one in told.records]
        )


class TestRestarted(CloudCase):
    """Whether Nova has started a server anew."""

    def test_is_said_once(self) -> None:
        self.assertFalse(self.cloud.was_restarted(self.server_id))
        self.vim.reboot(self.server_id, hard=True)
        self.poll_in(0.5)
        self.assertFalse(self.cloud.was_restarted(self.server_id))
        self.poll_in(2.0)
        self.assertTrue(self.cloud.was_restarted(self.server_id))
        self.poll_in(1.0)
        self.assertFalse(self.cloud.was_restarted(self.server_id))

    def test_stopped_and_started(self) -> None:
        self.vim.stop(self.server_id)
        self.poll_in(5.0)
        self.vim.start(self.server_id)
        self.poll_in(5.0)
        self.assertTrue(self.cloud.was_restarted(self.server_id))

    def test_task_without_another_status(self) -> None:
        record = self.world.nova.servers[self.server_id]
        record.task_state = "rebuild_spawning"
        self.cloud.note(self.vim.server(self.server_id))
        record.task_state = None
        self.cloud.note(self.vim.server(self.server_id))
        self.assertTrue(self.cloud.was_restarted(self.server_id))

    def test_image_is_taken_of_a_running_guest(self) -> None:
        self.vim.create_image(self.server_id, "checkpoint")
        self.poll_in(0.5)
        server = self.cloud.server(self.server_id)
        self.assertEqual("image_snapshot", server and server.task_state)
        self.poll_in(5.0)
        self.assertFalse(self.cloud.was_restarted(self.server_id))

    def test_between_two_whole_lists(self) -> None:
        self.vim.stop(self.server_id)
        self.poll_in(5.0)
        self.vim.start(self.server_id)
        self.poll_in(301.0)
        self.assertTrue(self.cloud.was_restarted(self.server_id))


class TestStoppedBy(CloudCase):
    """Who stopped a server that is off."""

    def setUp(self) -> None:
        super().setUp()
        self.ours: list[float] = []

    def stopped_by(self) -> str | None:
        """Return what is found out."""
        return cloud.stopped_by(
            self.vim, self.server_id, self.clock.now(), self.ours.__contains__
        )

    def test_user(self) -> None:
        self.world.user_stop(self.server_id)
        self.assertEqual("user", self.stopped_by())

    def test_ourselves_in_vain(self) -> None:
        self.ours.append(self.clock.now())
        self.world.user_stop(self.server_id)
        self.assertEqual("nobody", self.stopped_by())
        self.clock.advance(5.0)
        self.world.user_start(self.server_id)
        self.clock.advance(5.0)
        self.world.user_stop(self.server_id)
        self.assertEqual("user", self.stopped_by())

    def test_power_sync_of_nova(self) -> None:
        self.world.crash_vm(self.server_id)
        self.clock.advance(20.0)
        self.assertEqual("SHUTOFF", self.vim.server(self.server_id).status)
        self.assertEqual("nobody", self.stopped_by())

    def test_newest_switch_counts(self) -> None:
        self.world.user_stop(self.server_id)
        self.clock.advance(5.0)
        self.world.user_start(self.server_id)
        self.clock.advance(5.0)
        # It may not have shown yet when it was seen to be off.
        self.assertIsNone(self.stopped_by())
        self.clock.advance(30.0)
        self.assertEqual("nobody", self.stopped_by())

    def test_what_is_no_switch_does_not_count(self) -> None:
        self.world.user_stop(self.server_id)
        self.clock.advance(5.0)
        self.vim.create_image(self.server_id, "checkpoint")
        newest: vim_base.ServerAction = self.vim.actions(self.server_id)[0]
        self.assertEqual("createImage", newest.action)
        self.assertEqual("user", self.stopped_by())

    def test_no_record(self) -> None:
        self.world.nova.servers[self.server_id].actions.clear()
        self.assertEqual("nobody", self.stopped_by())
