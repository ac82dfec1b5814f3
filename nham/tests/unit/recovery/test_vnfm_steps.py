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

"""Steps through the VNFM, on the simulated Tacker."""

from __future__ import annotations

import dataclasses
from typing import Any

from nham.adapters import errors
from nham.core import model
from nham.core import states
from nham.recovery import runner
from nham.recovery import vnfm_steps
from nham.tests.unit.recovery import base

DONE = states.StepState.DONE
FAILED = states.StepState.FAILED
REFUSED = states.StepState.REFUSED


def stick(case: base.RecoveryCase) -> None:
    """Let an operation of the VNFM be stuck."""
    instance = case.world.tacker.get(case.instance)
    operation_id = case.world.tacker.begin(instance, "SCALE")
    case.world.tacker.end(instance, operation_id, "FAILED_TEMP")


class HealCase(base.RecoveryCase):
    def setUp(self) -> None:
        super().setUp()
        self.context.vim.delete_server(self.server_id)
        self.clock.advance(5.0)

    def heal(self, **args: Any) -> str:
        """Claim a recovery that heals; return its id."""
        return self.claim(
            dataclasses.replace(
                self.step("heal_vnfc", server_id=self.server_id, **args),
                timeout=300.0,
            )
        )

    def servers(self) -> list[str]:
        """Return the servers of the group's members."""
        return [m.server_id for m in self.store.members(group_id="g")]


class HealTest(HealCase):
    def test_the_new_server_becomes_the_member(self) -> None:
        record = self.run_to_end(self.heal()).steps[0]
        self.assertIs(DONE, record.state)
        new = self.world.server_id(self.instance, "VDU1-0")
        self.assertNotEqual(self.server_id, new)
        self.assertEqual([new], self.servers())
        (member,) = self.store.members(group_id="g")
        self.assertEqual(self.image_id, member.image_id)
        self.assertIn(new, record.detail)
        self.assertEqual(["g"], self.watch.expected)
        self.assertEqual(["g"], self.watch.refreshed)

    def test_from_a_checkpoint(self) -> None:
        self.run_to_end(self.heal(checkpoint_id=self.add_checkpoint(7)))
        self.clock.advance(10.0)
        (server_id,) = self.servers()
        self.assertEqual(7, self.world.read(server_id))

    def test_the_answer_is_lost(self) -> None:
        self.world.api_error_once("tacker", "heal", after=True)
        recovery_id = self.heal()
        self.assertTrue(self.runner.advance(recovery_id))
        self.runner = runner.Runner(self.context, base.OWNER)
        self.assertIs(DONE, self.run_to_end(recovery_id).steps[0].state)
        self.assertEqual(1, self.calls("heal"))

    def test_a_crash_after_the_member_was_changed(self) -> None:
        """The record is changed, the step not yet written as done."""
        real = self.store.step_ended
        self.replace(
            "nham.db.store.Store.step_ended",
            side_effect=[KeyboardInterrupt],
        )
        recovery_id = self.heal()
        self.assertRaises(KeyboardInterrupt, self.run_to_end, recovery_id)
        self.replace("nham.db.store.Store.step_ended", side_effect=real)
        (server_id,) = self.servers()
        self.runner = runner.Runner(self.context, base.OWNER)
        self.assertIs(DONE, self.run_to_end(recovery_id).steps[0].state)
        self.assertEqual(1, self.calls("heal"))
        self.assertEqual([server_id], self.servers())

    def test_a_heal_of_another_vnfc_is_not_ours(self) -> None:
        instance = self.world.add_vnf("other", {"VDU1": ["one", "one"]})
        vnf = self.store.vnf("v")
        self.store.save_vnf(dataclasses.replace(vnf, instance_id=instance))
        (member,) = self.store.members(group_id="g")
        self.server_id = self.world.server_id(instance, "VDU1-0")
        self.store.save_member(
            dataclasses.replace(member, server_id=self.server_id)
        )
        self.context.vim.delete_server(self.server_id)
        self.clock.advance(5.0)
        recovery_id = self.heal()
        self.world.user_heal(instance, "VDU1-1")
        self.assertTrue(self.runner.advance(recovery_id))
        self.assertIs(DONE, self.run_to_end(recovery_id).steps[0].state)
        self.assertEqual(
            [self.world.server_id(instance, "VDU1-0")], self.servers()
        )
        self.assertNotEqual([self.server_id], self.servers())

    def test_a_vnfm_that_does_not_say_what_it_heals(self) -> None:
        real = self.context.vnfms["tacker"].operations

        def silent(instance_id: str) -> list[Any]:
            return [
                dataclasses.replace(one, params={})
                for one in real(instance_id)
            ]

        self.replace(
            "nham.adapters.simulated.vnfm.SimulatedVnfm.operations",
            side_effect=silent,
        )
        self.assertIs(DONE, self.run_to_end(self.heal()).steps[0].state)
        self.assertEqual(1, self.calls("heal"))

    def test_a_heal_that_fails_is_given_up(self) -> None:
        self.world.physics.host("one").capacity = 0
        self.world.physics.host("two").capacity = 0
        record = self.run_to_end(self.heal()).steps[0]
        self.assertIs(FAILED, record.state)
        self.assertIn("FAILED_TEMP", record.detail)
        vnfm = self.context.vnfms["tacker"]
        self.assertEqual("FAILED", vnfm.operations(self.instance)[0].state)

    def test_what_came_to_nothing_meanwhile_is_given_up(self) -> None:
        stick(self)
        self.assertIs(DONE, self.run_to_end(self.heal()).steps[0].state)

    def test_the_vnfm_lost_the_vnfc(self) -> None:
        self.world.tacker.get(self.instance).vnfcs.clear()
        record = self.run_to_end(self.heal()).steps[0]
        self.assertIs(FAILED, record.state)
        self.assertIn("VDU1-0", record.detail)

    def test_no_vnfm(self) -> None:
        self.replace_context(vnfms={})
        record = self.run_to_end(self.heal()).steps[0]
        self.assertIs(REFUSED, record.state)


class AdoptTest(HealCase):
    """Another server takes the member's place."""

    def adopt(self, server_id: str) -> None:
        """Let a server be the member."""
        member = self.store.members(group_id="g")[0]
        vnfm_steps.adopt(self.context, member, server_id)

    def add_server(self) -> str:
        """Add a server to the cloud."""
        return self.world.add_server("new", "two", self.image_id)

    def test_what_stays_as_it_was(self) -> None:
        (old,) = self.store.members(group_id="g")
        old = dataclasses.replace(old, port_id="port", answered=True)
        self.store.save_member(old)
        new = self.add_server()
        self.adopt(new)
        (member,) = self.store.members(group_id="g")
        wanted = dataclasses.replace(
            old, id=member.id, server_id=new, host="two"
        )
        self.assertEqual(wanted, member)
        self.assertNotEqual(old.id, member.id)

    def test_asked_twice(self) -> None:
        new = self.add_server()
        self.adopt(new)
        before = self.store.members()
        self.adopt(new)
        self.assertEqual(before, self.store.members())
        self.assertEqual(["g"], self.watch.refreshed)

    def test_a_standby_is_left_alone(self) -> None:
        standby = model.Member(
            id="s",
            group_id="g",
            server_id="ours",
            role=states.Role.STANDBY,
            kind="server",
        )
        self.store.save_member(standby)
        new = self.add_server()
        self.adopt(new)
        self.assertEqual({new, "ours"}, set(self.servers()))
        self.assertIn(standby, self.store.members())


class FailOperationTest(base.RecoveryCase):
    def test_gives_up(self) -> None:
        stick(self)
        self.assertIs(DONE, self.run_step("fail_operation").state)
        operations = self.context.vnfms["tacker"].operations(self.instance)
        self.assertEqual("FAILED", operations[0].state)

    def test_nothing_is_stuck(self) -> None:
        self.assertIs(DONE, self.run_step("fail_operation").state)
        self.assertEqual(0, self.calls("fail_operation"))

    def test_it_stays_stuck(self) -> None:
        stick(self)
        self.replace(
            "nham.adapters.simulated.vnfm.SimulatedVnfm.fail_operation"
        )
        self.assertIs(FAILED, self.run_step("fail_operation").state)


class CheckRecordTest(base.RecoveryCase):
    def test_both_agree(self) -> None:
        (member,) = self.store.members(group_id="g")
        self.store.save_member(dataclasses.replace(member, host="before"))
        record = self.run_step("check_record")
        self.assertIs(DONE, record.state)
        (member,) = self.store.members(group_id="g")
        self.assertEqual("one", member.host)

    def test_nova_is_at_work(self) -> None:
        self.world.user_stop(self.server_id)
        self.assertIs(FAILED, self.run_step("check_record").state)

    def test_they_do_not_agree(self) -> None:
        self.world.tacker.get(self.instance).vnfcs[0].server_id = "another"
        self.assertIs(FAILED, self.run_step("check_record").state)

    def test_the_vnfm_lost_the_vnf(self) -> None:
        self.replace(
            "nham.adapters.simulated.vnfm.SimulatedVnfm.vnf",
            side_effect=errors.NotFound("no such VNF"),
        )
        record = self.run_step("check_record")
        self.assertEqual("the VNFM lost the VNF", record.detail)
        self.assertIs(FAILED, record.state)

    def test_no_vnfm(self) -> None:
        self.replace_context(vnfms={})
        record = self.run_step("check_record")
        self.assertEqual("ACTIVE; no VNFM to agree with", record.detail)
