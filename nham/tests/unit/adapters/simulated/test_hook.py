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

"""The state hook of the simulated guests."""

from __future__ import annotations

from typing import Any

from nham.adapters import errors
from nham.adapters.hooks import base as hooks_base
from nham.adapters.simulated import hook
from nham.tests.unit.adapters.simulated import base


class HookTest(base.WorldCase):
    """The image-backed server holds a state, the other one none."""

    def setUp(self) -> None:
        super().setUp()
        self.hook = hook.SimulatedHook(self.world, token="secret")
        self.world.set_state(self.image_backed, b"calls")

    def endpoint(self, server_id: str, **more: Any) -> hooks_base.Endpoint:
        """Return how a server is asked."""
        return hooks_base.Endpoint(
            **{
                "address": self.world.address(server_id),
                "port": 8081,
                "token": "secret",
                **more,
            }
        )

    def export(self, **more: Any) -> bytes:
        """Return what the image-backed server exports."""
        endpoint = self.endpoint(self.image_backed, **more)
        return self.hook.export_state(endpoint, max_size=5).data

    def hand_over(self, server_id: str, data: bytes) -> None:
        """Import a state into a server."""
        self.hook.import_state(self.endpoint(server_id), data, "VDU1-0")

    def test_from_one_to_the_other(self) -> None:
        self.hand_over(self.volume_backed, self.export())
        self.assertEqual(b"calls", self.world.state(self.volume_backed))
        self.hand_over(self.volume_backed, b"")
        self.assertEqual(b"", self.world.state(self.volume_backed))
        self.assertEqual(b"calls", self.world.state(self.image_backed))

    def test_held(self) -> None:
        address = self.world.address(self.image_backed)
        endpoint = self.endpoint(self.image_backed)
        self.assertEqual(5, self.hook.export_state(endpoint, 5, 5).held)
        self.assertFalse(self.world.write_at(address, 9))
        self.clock.advance(5.0)
        self.assertTrue(self.world.write_at(address, 9))
        self.assertEqual(0, self.hook.export_state(endpoint, 5).held)
        self.assertTrue(self.world.write_at(address, 8))

    def test_floating_address_leads_where_it_points(self) -> None:
        floating_ip = self.world.add_floating_ip(self.volume_backed)
        address = self.world.neutron.floating_ip(floating_ip).ip
        self.assertEqual(b"", self.export(address=address))
        (port,) = self.vim.ports(self.image_backed)
        self.vim.point_floating_ip(floating_ip, port.id)
        self.assertEqual(b"calls", self.export(address=address))

    def test_refusals(self) -> None:
        for token in (None, "guess"):
            self.assertRaises(errors.Refused, self.export, token=token)
        self.world.set_state(self.image_backed, b"calls!")
        self.assertRaises(errors.Refused, self.export)

    def test_silence_takes_the_whole_time_out(self) -> None:
        for fault in ("hang_app", "hang_guest", "crash_vm"):
            getattr(self.world, fault)(self.image_backed)
            before = self.clock.monotonic()
            self.assertRaises(errors.Unavailable, self.export, timeout=2.0)
            self.assertEqual(2.0, self.clock.monotonic() - before)

    def test_cut_off_member_is_not_reached(self) -> None:
        (port,) = self.vim.ports(self.image_backed)
        self.vim.enable_port(port.id, False)
        self.assertRaises(
            errors.Unavailable, self.hand_over, self.image_backed, b"new"
        )
        self.vim.enable_port(port.id, True)
        self.assertEqual(b"calls", self.export())

    def test_crashed_application_refuses_at_once_and_forgets(self) -> None:
        self.world.crash_app(self.image_backed)
        before = self.clock.monotonic()
        self.assertRaises(errors.Unavailable, self.export)
        self.assertEqual(before, self.clock.monotonic())
        self.world.mend_app(self.image_backed)
        self.assertEqual(b"", self.export())

    def test_application_that_starts_anew_by_itself(self) -> None:
        self.world.restart_app(self.image_backed)
        self.assertEqual(b"", self.export())

    def test_hung_application_remembers(self) -> None:
        self.world.hang_app(self.image_backed)
        self.world.mend_app(self.image_backed)
        self.assertEqual(b"calls", self.export())

    def test_answer_that_is_lost(self) -> None:
        self.world.api_error_once("hook", "import_state", after=True)
        self.assertRaises(
            errors.Unavailable, self.hand_over, self.volume_backed, b"new"
        )
        self.assertEqual(b"new", self.world.state(self.volume_backed))


class MemoryTest(base.WorldCase):
    """Whatever boots a guest ends what its application had in memory."""

    def boots(self) -> None:
        """Let the image-backed server boot, and look at its state."""
        self.assertIsNone(self.world.state(self.image_backed))
        self.clock.advance(60)
        self.assertEqual(b"", self.world.state(self.image_backed))

    def setUp(self) -> None:
        super().setUp()
        self.world.set_state(self.image_backed, b"calls")

    def test_reboots(self) -> None:
        for hard in (False, True):
            self.world.set_state(self.image_backed, b"calls")
            self.vim.reboot(self.image_backed, hard)
            self.boots()

    def test_rebuild(self) -> None:
        self.vim.rebuild(self.image_backed, self.world.add_image())
        self.boots()

    def test_panic(self) -> None:
        self.world.panic_guest(self.image_backed)
        self.boots()

    def test_evacuation(self) -> None:
        self.world.power_off_host("one")
        self.vim.force_down("one", True)
        self.vim.evacuate(self.image_backed)
        self.boots()
