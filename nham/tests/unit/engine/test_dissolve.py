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


from __future__ import annotations

from collections.abc import Sequence
import dataclasses

from nham.adapters import errors
from nham.adapters.vim import base as vim_base
from nham.core import states
from nham.engine import dissolve
from nham.tests.unit.engine import base
from nham.tests.unit.engine import replica_case
from nham.tests.unit.recovery import mover_case


class DissolveCase(replica_case.ReplicaCase):
    """A VNFC with a standby."""

    def setUp(self) -> None:
        super().setUp()
        # As much as anybody may mistake for ours.
        self.vim.copy_port(self.port_id, "nham-other-0")
        self.strangers = self.cloud_has()
        for name in ("nham-s-0", "nham-s"):
            self.strangers.discard(name)

    def cloud_has(self) -> set[str]:
        """Return the names of all servers and ports, and all addresses."""
        neutron = self.world.neutron
        return {
            *(one.name for one in self.vim.changed_servers(None)),
            *(port.name for port in neutron.ports.values()),
            *(ip for ip in neutron.floating_ips if ip == self.service_id),
        }

    def dissolve(self) -> None:
        """Dissolve the group as it is now."""
        dissolve.dissolve(self.context, self.group)

    def check(self) -> None:
        """See that nothing of ours is left, and nothing else is gone."""
        self.clock.advance(10.0)
        self.assertEqual(self.strangers, self.cloud_has())
        self.assertEqual(
            [self.service_id], list(self.world.neutron.floating_ips)
        )
        self.assertEqual(self.port_id, self.leads_to(self.service_id))
        self.assertEqual([True], self.enabled(self.theirs))
        self.assertNotIn(self.ours, self.roles())


class TestDissolve(DissolveCase):
    """The VNFM's server is reached as if NHAM had never been there."""

    def test_standby_is_ours(self) -> None:
        self.dissolve()
        self.check()
        self.assertEqual({self.theirs: "primary"}, self.roles())

    def test_volume_that_no_server_has_yet(self) -> None:
        storage = self.world.storage
        volume = storage.add_volume(0)
        volume.name, volume.status = "nham-s", "creating"
        self.assertRaises(errors.Conflict, self.dissolve)
        self.assertIn(self.ours, self.roles())
        volume.status = "available"
        self.dissolve()
        self.check()
        self.assertNotIn(volume.id, storage.volumes)

    def test_ours_serves(self) -> None:
        self.fail_over()
        self.dissolve()
        self.check()

    def test_theirs_was_repaired(self) -> None:
        """The access address leads to it, so it gives way first."""
        self.fail_over()
        assert self.group.access is not None
        self.vim.enable_port(self.port_id, True)
        self.vim.point_floating_ip(self.group.access.id, self.port_id)
        self.change("v/0/m", role=states.Role.STANDBY)
        self.dissolve()
        self.check()

    def test_theirs_is_parked(self) -> None:
        """Who asks for no standby any more finds the VNFC running."""
        self.fail_over()
        self.vim.stop(self.theirs)
        self.clock.advance(10.0)
        self.change("v/0/m", parked=True)
        self.dissolve()
        self.check()
        self.assertEqual("ACTIVE", self.vim.server(self.theirs).status)

    def test_fail_over_had_begun(self) -> None:
        """The VNFM's server is the primary still, but cut off."""
        self.vim.enable_port(self.port_id, False)
        self.dissolve()
        self.check()

    def test_fail_over_had_moved_the_address(self) -> None:
        self.fail_over()
        self.change("v/0/m", role=states.Role.PRIMARY)
        self.change("s", role=states.Role.STANDBY)
        self.dissolve()
        self.check()

    def test_standby_was_only_begun(self) -> None:
        """Its server is not written down yet."""
        self.change("s", role=states.Role.JOINING, server_id="", port_id=None)
        self.dissolve()
        self.check()

    def test_who_is_making_it_can_tell(self) -> None:
        """It was taken back before what there is of it is looked up."""
        self.change("s", role=states.Role.JOINING)
        seen = []
        real = self.vim.find_servers

        def find(name: str) -> Sequence[vim_base.Server]:
            seen.append(self.member("s").role)
            return real(name)

        self.replace(
            "nham.adapters.simulated.vim.SimulatedVim.find_servers",
            side_effect=find,
        )
        self.dissolve()
        self.assertEqual([states.Role.FAILED], seen)
        self.check()

    def test_access_address_is_not_written_down(self) -> None:
        """An engine died right after it was made."""
        self.store.save_group(
            dataclasses.replace(self.group, service=None, access=None)
        )
        self.dissolve()
        self.check()

    def test_service_is_given_back_first(self) -> None:
        """Clients wait for the move of the address, and nothing else."""
        self.fail_over()
        self.world.api_error_once("nova", "find_servers")
        self.assertRaises(errors.Unavailable, self.dissolve)
        self.assertEqual(self.port_id, self.leads_to(self.service_id))

    def test_done_again(self) -> None:
        for _ in range(2):
            self.dissolve()
        self.check()
        self.assertEqual(1, self.calls("delete_server"))


class TestTrouble(DissolveCase):
    """What fails is done again; what is gone is no error."""

    def test_after_each_error(self) -> None:
        """Whatever fails, the next try ends it."""
        self.fail_over()
        for system, call in (
            ("neutron", "ports"),
            ("neutron", "enable_port"),
            ("neutron", "point_floating_ip"),
            ("nova", "find_servers"),
            ("nova", "delete_server"),
            ("neutron", "find_floating_ips"),
            ("neutron", "find_ports"),
            ("neutron", "delete_port"),
            ("neutron", "delete_floating_ip"),
        ):
            self.world.api_error_once(system, call)
            self.assertRaises(errors.Unavailable, self.dissolve)
        self.dissolve()
        self.check()

    def test_answers_are_lost(self) -> None:
        self.fail_over()
        for system, call in (
            ("neutron", "point_floating_ip"),
            ("nova", "delete_server"),
            ("neutron", "delete_port"),
            ("neutron", "delete_floating_ip"),
        ):
            self.world.api_error_once(system, call, after=True)
            self.assertRaises(errors.Unavailable, self.dissolve)
        self.dissolve()
        self.check()

    def test_theirs_is_gone(self) -> None:
        """The VNF was terminated, with its ports and its address."""
        self.fail_over()
        self.vim.delete_server(self.theirs)
        self.clock.advance(5.0)
        self.vim.delete_port(self.port_id)
        self.vim.delete_floating_ip(self.service_id)
        self.dissolve()
        self.clock.advance(10.0)
        self.assertEqual({}, self.world.neutron.floating_ips)
        self.assertFalse({"nham-s", "nham-s-0"} & self.cloud_has())

    def test_ours_is_gone(self) -> None:
        self.vim.delete_server(self.ours)
        self.clock.advance(5.0)
        self.vim.delete_port(str(self.member("s").port_id))
        self.dissolve()
        self.check()

    def test_access_address_is_gone(self) -> None:
        self.fail_over()
        assert self.group.access is not None
        self.vim.delete_floating_ip(self.group.access.id)
        self.dissolve()
        self.check()

    def test_server_goes_while_it_is_asked_for(self) -> None:
        self.replace(
            "nham.adapters.simulated.vim.SimulatedVim.delete_server",
            side_effect=errors.NotFound("gone"),
        )
        self.dissolve()
        self.assertNotIn(self.ours, self.roles())


class TestNothingOfOurs(base.EngineCase):
    """A group that never wanted a standby."""

    def test_nobody_is_asked(self) -> None:
        self.add_vnf()
        before = len(self.world.gates.log)
        dissolve.dissolve(self.context, self.store.group("v/0"))
        self.assertEqual(before, len(self.world.gates.log))
        self.assertEqual("v/0/m", self.entry().member.id)


class TestClaimed(mover_case.VipCase):
    """The guest that serves has claimed the address."""

    def dissolve(self) -> None:
        """Dissolve the group; nothing of NHAM's own is left."""
        dissolve.dissolve(self.context, self.store.group("g"))
        self.clock.advance(10.0)
        self.assertEqual([self.server_id], list(self.roles()))
        self.assertEqual((), self.world.invariants())

    def test_theirs_claims_it_again(self) -> None:
        """Ours is cut off first: two would have it otherwise."""
        self.make_standby()
        self.save_state(7)
        for rung in ("switchover", "repair_standby"):
            ended = self.run_to_end(self.claim(*self.replica_plan(rung)))
            self.assertIs(states.RecoveryState.SUCCEEDED, ended.state)
        self.assertNotEqual(self.server_id, self.serving())
        self.dissolve()
        self.assertEqual(self.server_id, self.serving())

    def test_theirs_is_dead(self) -> None:
        self.make_standby()
        self.fail_over()
        self.dissolve()
        self.assertIsNone(self.serving())

    def test_standby_is_ours(self) -> None:
        self.make_standby()
        self.dissolve()
        self.assertEqual(self.server_id, self.serving())
