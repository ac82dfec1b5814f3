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

"""The simulated Tacker: heal, its traps, and what users do."""

from __future__ import annotations

from nham.adapters import errors
from nham.adapters.vnfm import base as vnfm_base
from nham.tests.unit.adapters.simulated import base


class HealTest(base.WorldCase):
    """A VNFC gets a new server."""

    def vnfc(self, place: int = 0) -> vnfm_base.VnfcRecord:
        """Return a VNFC as Tacker knows it now."""
        return self.vnfm.vnf(self.instance).vnfcs[place]

    def heal(self, place: int = 0, image_id: str | None = None) -> None:
        self.vnfm.heal(self.instance, self.vnfc(place), image_id)

    def last(self) -> vnfm_base.Operation:
        return self.vnfm.operations(self.instance)[0]

    def test_new_server_with_the_old_address_and_the_image(self) -> None:
        image_id = self.world.add_image(9)
        address = self.world.address(self.image_backed)
        self.heal(image_id=image_id)
        self.assertTrue(self.last().running)
        self.clock.advance(24)
        self.assertEqual("COMPLETED", self.last().state)
        server_id = self.vnfc().server_id
        self.assertNotEqual(self.image_backed, server_id)
        self.assertEqual(address, self.world.address(server_id))
        self.assertEqual(9, self.world.read(server_id))
        self.assertEqual("VDU1-0", self.vnfc().name)
        self.assertEqual([], self.rules_broken())

    def test_heal_by_a_user_loses_state(self) -> None:
        self.world.write(self.image_backed, 7)
        self.world.user_heal(self.instance, "VDU1-0")
        self.clock.advance(24)
        server_id = self.vnfc().server_id
        self.assertEqual(0, self.world.read(server_id))

    def test_dead_host_is_a_trap(self) -> None:
        self.world.power_off_host("one")
        self.heal()
        self.clock.advance(72)
        self.assertTrue(self.last().running)
        self.clock.advance(2)
        self.assertTrue(self.last().stuck)
        self.assertRaises(errors.Conflict, self.heal)
        self.vnfm.fail_operation(self.last().id)
        self.assertEqual("FAILED", self.last().state)
        self.assertRaises(
            errors.Conflict, self.vnfm.fail_operation, self.last().id
        )

    def test_delete_then_heal_keeps_the_volume(self) -> None:
        self.world.write(self.volume_backed, 8)
        self.world.power_off_host("one")
        self.vim.force_down("one", True)
        self.vim.delete_server(self.volume_backed)
        self.clock.advance(1)
        self.heal(1)
        self.clock.advance(24)
        self.assertEqual(8, self.world.read(self.vnfc(1).server_id))
        self.assertEqual([], self.rules_broken())

    def test_heal_of_a_volume_in_use_is_stuck(self) -> None:
        self.heal(1)
        self.clock.advance(13)
        self.assertTrue(self.last().stuck)

    def test_heal_meets_an_image_and_is_tried_again(self) -> None:
        self.heal()
        self.clock.advance(10)
        self.vim.create_image(self.image_backed, "checkpoint")
        self.clock.advance(3)
        self.assertEqual([self.last()], list(self.vnfm.stuck_operations()))
        self.assertIn(
            f"{self.image_backed} while it is in task_state image_",
            self.last().error,
        )
        self.assertLess(self.last().at, self.last().since)
        self.clock.advance(10)
        self.vnfm.retry_operation(self.last().id)
        self.assertTrue(self.last().running)
        self.assertEqual("", self.last().error)
        self.assertRaises(
            errors.Conflict, self.vnfm.retry_operation, self.last().id
        )
        self.clock.advance(24)
        self.assertEqual("COMPLETED", self.last().state)
        self.assertNotEqual(self.image_backed, self.vnfc().server_id)
        self.assertEqual([], self.rules_broken())

    def test_unknown_vnfc_is_refused(self) -> None:
        stranger = vnfm_base.VnfcRecord(
            vnfc_id="x", vdu="VDU1", index=0, server_id="x"
        )
        self.assertRaises(
            errors.Refused, self.vnfm.heal, self.instance, stranger, None
        )

    def test_deleted_on_a_partitioned_host_makes_two_actives(self) -> None:
        self.world.partition_host("one")
        self.vim.force_down("one", True)
        self.vim.delete_server(self.image_backed)
        self.clock.advance(1)
        self.heal()
        self.clock.advance(24)
        self.assertEqual(["two actives"], self.rules_broken())


class UserTest(base.WorldCase):
    """Operations that NHAM did not ask for."""

    def test_scale_out_and_in(self) -> None:
        told: list[str] = []
        self.world.tacker.listeners.append(
            lambda _instance, operation: told.append(operation.state)
        )
        self.world.user_scale(self.instance, "VDU1", out=True)
        self.clock.advance(20)
        names = [one.name for one in self.vnfm.vnf(self.instance).vnfcs]
        self.assertEqual(["VDU1-0", "VDU2-0", "VDU1-1"], names)
        self.world.lose_notifications(60)
        self.world.user_scale(self.instance, "VDU1", out=False)
        self.clock.advance(20)
        self.assertEqual(2, len(self.vnfm.vnf(self.instance).vnfcs))
        self.assertEqual(["PROCESSING", "COMPLETED"], told)

    def test_terminate(self) -> None:
        self.world.user_terminate(self.instance)
        self.clock.advance(20)
        self.assertFalse(self.vnfm.vnf(self.instance).instantiated)
        self.assertFalse(self.world.serving(self.image_backed))
