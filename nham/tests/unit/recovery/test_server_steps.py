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

"""Steps on a server, on the simulated Nova."""

from __future__ import annotations

import dataclasses
from unittest import mock

from nham.adapters.simulated import world as world_
from nham.adapters.vim import base as vim_base
from nham.core import states
from nham.core.decision import standby_plans
from nham.recovery import runner
from nham.tests.unit.recovery import base

DONE = states.StepState.DONE
FAILED = states.StepState.FAILED
REFUSED = states.StepState.REFUSED


class RebootTest(base.RecoveryCase):
    def test_hard(self) -> None:
        self.world.hang_guest(self.server_id)
        record = self.run_step("reboot_hard")
        self.assertIs(DONE, record.state)
        self.assertEqual("ACTIVE on one", record.detail)
        self.assertEqual(["g"], self.watch.expected)
        self.clock.advance(10.0)
        self.assertTrue(self.world.serving(self.server_id))

    def test_hard_when_the_guest_died_under_an_image(self) -> None:
        self.context.vim.create_image(self.server_id, "i")
        self.world.crash_vm(self.server_id)
        self.clock.advance(60.0)
        self.assertEqual("image_pending_upload", self.server().task_state)
        self.assertIs(DONE, self.run_step("reboot_hard").state)
        self.clock.advance(10.0)
        self.assertTrue(self.world.serving(self.server_id))

    def test_soft(self) -> None:
        self.world.hang_app(self.server_id)
        self.assertIs(DONE, self.run_step("reboot_soft").state)
        self.clock.advance(10.0)
        self.assertTrue(self.world.serving(self.server_id))

    def test_a_server_that_goes_to_error(self) -> None:
        recovery_id = self.claim(self.step("reboot_hard"))
        self.assertTrue(self.runner.advance(recovery_id))
        self.world.server_error(self.server_id)
        record = self.run_to_end(recovery_id).steps[0]
        self.assertIs(REFUSED, record.state)
        self.assertIn("ERROR after reboot", record.detail)

    def test_a_reboot_of_before_does_not_count(self) -> None:
        """What Nova did for somebody else long ago proves nothing."""
        self.context.vim.reboot(self.server_id, hard=True)
        self.clock.advance(30.0)
        self.run_step("reboot_hard")
        self.assertEqual(2, self.calls("reboot"))

    def test_start(self) -> None:
        self.world.user_stop(self.server_id)
        self.clock.advance(70.0)
        self.assertEqual("SHUTOFF", self.server().status)
        self.assertIs(DONE, self.run_step("start_server").state)
        self.assertEqual("ACTIVE", self.server().status)

    def test_start_of_one_that_runs(self) -> None:
        """Nova starts by itself what it evacuates out of ERROR."""
        self.world.power_off_host("one")
        self.context.vim.force_down("one", True)
        self.context.vim.reset_state(self.server_id)
        moved = self.run_step("evacuate_server", host="one", start=False)
        self.assertEqual("ACTIVE on two", moved.detail)
        self.assertIs(DONE, self.run_step("start_server").state)
        self.assertEqual(0, self.calls("start"))


class AskedOnceTest(base.RecoveryCase):
    """The answer of a request is lost: nothing is asked for twice."""

    def lost(self, call: str, action: str, **args: object) -> None:
        """Lose the answer, crash, and let a new runner go on."""
        self.world.api_error_once("nova", call, after=True)
        recovery_id = self.claim(self.step(action, **args))
        self.assertTrue(self.runner.advance(recovery_id))
        self.runner = runner.Runner(self.context, base.OWNER)
        self.assertIs(DONE, self.run_to_end(recovery_id).steps[0].state)
        self.assertEqual(1, self.calls(call))

    def test_reboot(self) -> None:
        self.lost("reboot", "reboot_hard")

    def test_start(self) -> None:
        self.world.user_stop(self.server_id)
        self.clock.advance(70.0)
        self.lost("start", "start_server")

    def test_rebuild(self) -> None:
        self.lost("rebuild", "rebuild_server", image_id=self.image_id)

    def test_evacuate(self) -> None:
        self.world.power_off_host("one")
        self.context.vim.force_down("one", True)
        self.lost("evacuate", "evacuate_server", host="one", start=True)

    def test_what_never_arrived_is_asked_again(self) -> None:
        self.world.api_error_once("nova", "reboot")
        self.assertIs(DONE, self.run_step("reboot_hard").state)
        self.assertEqual(2, self.calls("reboot"))

    def test_clocks_may_differ_a_little(self) -> None:
        """Nova's clock is a second behind ours."""
        real = self.context.vim.actions

        def behind(server_id: str) -> list[vim_base.ServerAction]:
            return [
                vim_base.ServerAction(action=one.action, at=one.at - 1.0)
                for one in real(server_id)
            ]

        self.replace(
            "nham.adapters.simulated.vim.SimulatedVim.actions",
            side_effect=behind,
        )
        self.assertIs(DONE, self.run_step("reboot_hard").state)


def stop_again_after(world: world_.World, seconds: float) -> None:
    """Let a server that was off run for so long after it was made anew."""
    world.nova._latencies = dataclasses.replace(
        world.latencies, stop_again=seconds
    )


class RebuildTest(base.RecoveryCase):
    def test_from_a_checkpoint(self) -> None:
        checkpoint_id = self.add_checkpoint(7)
        record = self.run_step("rebuild_server", checkpoint_id=checkpoint_id)
        self.assertIs(DONE, record.state)
        self.clock.advance(10.0)
        self.assertEqual(7, self.world.read(self.server_id))

    def test_from_an_image(self) -> None:
        self.world.write(self.server_id, 9)
        self.run_step(
            "rebuild_server", checkpoint_id=None, image_id=self.image_id
        )
        self.clock.advance(10.0)
        self.assertEqual(0, self.world.read(self.server_id))

    def test_a_checkpoint_that_is_torn(self) -> None:
        checkpoint_id = self.add_checkpoint()
        part = self.store.checkpoint(checkpoint_id).artifacts[0]
        self.context.vim.delete_image(part.id)
        record = self.run_step("rebuild_server", checkpoint_id=checkpoint_id)
        self.assertIs(FAILED, record.state)
        self.assertIn(checkpoint_id, record.detail)
        self.assertEqual(0, self.calls("rebuild"))
        self.assertEqual([], self.watch.expected)

    def test_an_image_that_is_still_made_is_waited_for(self) -> None:
        checkpoint_id = self.add_checkpoint()
        engine = self.context.engines["image"]
        usable = self.replace(
            "nham.adapters.checkpoints.image.ImageEngine.restore_image",
            side_effect=[None, None, self.image_id],
        )
        self.assertTrue(engine)
        record = self.run_step("rebuild_server", checkpoint_id=checkpoint_id)
        self.assertIs(DONE, record.state)
        self.assertEqual(3, usable.call_count)
        self.assertEqual(1, self.calls("rebuild"))

    def test_a_server_that_was_off_is_started(self) -> None:
        """It is ACTIVE for a while before Nova stops it, too."""
        self.world.user_stop(self.server_id)
        self.clock.advance(70.0)
        for seconds in (0.3, 5.0):
            stop_again_after(self.world, seconds)
            record = self.run_step("rebuild_server", image_id=self.image_id)
            self.assertIs(DONE, record.state)
            self.clock.advance(10.0)
            self.assertEqual("ACTIVE", self.server().status)
            self.context.vim.stop(self.server_id)
            self.clock.advance(70.0)


class EvacuateTest(base.RecoveryCase):
    def setUp(self) -> None:
        super().setUp()
        self.world.power_off_host("one")
        self.context.vim.force_down("one", True)

    def evacuate(self) -> states.StepState:
        """Run the step; return how it ended."""
        self.record = self.run_step("evacuate_server", host="one", start=True)
        return self.record.state

    def test_to_another_host(self) -> None:
        self.assertIs(DONE, self.evacuate())
        self.assertEqual("ACTIVE on two", self.record.detail)
        self.assertEqual("two", self.server().host)

    def test_to_the_host_that_is_named(self) -> None:
        self.world.add_host("four")
        record = self.run_step(
            "evacuate_server", host="one", target="four", start=True
        )
        self.assertEqual("ACTIVE on four", record.detail)

    def test_a_task_of_the_dead_host_is_cleared(self) -> None:
        self.world.nova.get(self.server_id).task_state = "rebooting_hard"
        self.assertIs(DONE, self.evacuate())
        self.assertEqual(1, self.calls("reset_state"))

    def test_no_room(self) -> None:
        self.world.physics.host("two").capacity = 0
        self.assertIs(FAILED, self.evacuate())
        self.assertEqual("no host took the server", self.record.detail)

    def test_its_image_is_gone(self) -> None:
        self.world.storage.images.clear()
        self.assertIs(FAILED, self.evacuate())
        self.assertEqual("the server went to ERROR on two", self.record.detail)

    def test_an_affinity_group_needs_a_named_host(self) -> None:
        self.world.nova.get(self.server_id).affinity = True
        self.assertIs(DONE, self.evacuate())
        self.assertEqual("two", self.server().host)

    def test_members_of_an_affinity_group_are_kept_apart(self) -> None:
        self.world.nova.get(self.server_id).affinity = True
        self.world.add_host("three")
        [member] = self.store.members()
        other = dataclasses.replace(
            member, id="m2", server_id="another", host="two"
        )
        self.store.save_member(
            dataclasses.replace(other, role=states.Role.STANDBY)
        )
        self.assertIs(DONE, self.evacuate())
        self.assertEqual("three", self.server().host)

    def test_no_other_host_is_up(self) -> None:
        self.world.nova.get(self.server_id).affinity = True
        self.context.vim.force_down("two", True)
        self.assertIs(FAILED, self.evacuate())
        self.assertEqual("no other host is up", self.record.detail)

    def test_a_server_that_was_off_is_started(self) -> None:
        """Its host shut it down in good order before it went off."""
        server = self.world.nova.get(self.server_id)
        server.vm_state = type(server.vm_state).STOPPED
        stop_again_after(self.world, 5.0)
        self.assertIs(DONE, self.evacuate())
        self.clock.advance(10.0)
        self.assertEqual("ACTIVE", self.server().status)


class StopTest(base.RecoveryCase):
    """An order that got lost, as the message bus was down."""

    def stop(self) -> states.StepState:
        """Run the step as plans have it; return how it ended."""
        step = dataclasses.replace(
            self.step("stop_server"), timeout=standby_plans.STOP_TIMEOUT
        )
        return self.run_to_end(self.claim(step)).steps[0].state

    def order_in_vain(self) -> None:
        self.context.vim.stop(self.server_id)
        server = self.world.nova.get(self.server_id)
        # Whatever nova-compute does later is of an older turn.
        server.turn += 1

    def test_of_before(self) -> None:
        self.order_in_vain()
        self.clock.advance(100.0)
        self.assertIs(DONE, self.stop())
        self.assertEqual(1, self.calls("reset_state"))

    def test_of_its_own(self) -> None:
        real = self.context.vim.stop
        orders = []

        def stop(server_id: str) -> None:
            real(server_id)
            orders.append(server_id)
            if len(orders) == 1:
                self.world.nova.get(server_id).turn += 1

        with mock.patch.object(self.context.vim, "stop", stop):
            self.assertIs(DONE, self.stop())
        self.assertEqual(2, len(orders))

    def test_one_that_takes_its_time_is_let(self) -> None:
        guest = self.world.physics.guest_on(self.server_id, "one")
        assert guest is not None
        guest.hang()
        self.assertIs(DONE, self.stop())
        self.assertEqual(0, self.calls("reset_state"))


class DeleteTest(base.RecoveryCase):
    def test_delete(self) -> None:
        record = self.run_step("delete_server")
        self.assertEqual((DONE, "deleted"), (record.state, record.detail))

    def test_one_that_is_gone_already(self) -> None:
        self.world.delete_server_behind(self.server_id)
        self.clock.advance(5.0)
        self.assertIs(DONE, self.run_step("delete_server").state)

    def test_the_answer_is_lost(self) -> None:
        self.world.api_error_once("nova", "delete_server", after=True)
        self.assertIs(DONE, self.run_step("delete_server").state)

    def test_a_soft_deleted_server_is_gone(self) -> None:
        gone = vim_base.Server(
            id=self.server_id, name="", status="SOFT_DELETED", host="one"
        )
        self.replace(
            "nham.adapters.simulated.vim.SimulatedVim.server",
            return_value=gone,
        )
        self.assertIs(DONE, self.run_step("delete_server").state)

    def test_a_group_without_a_member(self) -> None:
        recovery_id = self.claim(self.step("delete_server"))
        self.replace("nham.db.store.Store.members", return_value=[])
        record = self.run_to_end(recovery_id).steps[0]
        self.assertIs(FAILED, record.state)
        self.assertIn("no such member", record.detail)
