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

import dataclasses
from typing import Any

from nham.adapters import errors
from nham.core import model
from nham.core import states
from nham.recovery import context
from nham.recovery import replica_steps
from nham.tests.unit.recovery import base
from nham.tests.unit.recovery import replica_case

Role = states.Role
State = states.RecoveryState
StepState = states.StepState


class CreateTest(replica_case.MakeCase):
    """A server like the primary's is made on another host."""

    def create(self) -> str:
        """Make it on ``two``; return what is said."""
        return self.done("create_member", host="two")

    def test_like_the_primary(self) -> None:
        said = self.create()
        member = self.member(Role.JOINING)
        [server_id] = self.ours()
        self.assertEqual(server_id, member.server_id)
        self.assertEqual("server", member.kind)
        self.assertEqual(f"{member.name} on two", said)
        server = self.context.vim.server(server_id)
        self.assertEqual(
            ("two", self.image_id), (server.host, server.image_id)
        )
        [port] = self.context.vim.ports(server_id)
        self.assertEqual(port.id, member.port_id)
        self.assertEqual([f"{member.name}-0"], self.own_ports())

    def test_all_that_is_made_is_marked(self) -> None:
        self.create()
        member = self.member(Role.JOINING)
        server = self.context.vim.server(member.server_id)
        self.assertEqual(
            {
                "nham",
                "nham-vnf-v",
                "nham-group-g",
                f"nham-member-{member.id}",
                "nham-role-joining",
            },
            set(server.tags),
        )
        [port] = self.context.vim.ports(member.server_id)
        self.assertEqual(f"nham-member-{member.id}", port.description)

    def test_port_of_the_service_address(self) -> None:
        """It is the second one, here as there."""
        first = self.context.vim.copy_port(self.port_id, "first")
        neutron = self.world.neutron
        neutron.plug(
            self.world.nova.servers[self.server_id],
            [neutron.port(first), neutron.port(self.port_id)],
        )
        self.create()
        member = self.member(Role.JOINING)
        [second] = self.context.vim.find_ports(f"{member.name}-1")
        self.assertEqual(second.id, member.port_id)

    def test_answers_are_lost(self) -> None:
        for call, system in (
            ("copy_port", "neutron"),
            ("copy_server", "nova"),
        ):
            self.world.api_error_once(system, call, after=True)
        self.create()
        self.assertEqual((1, 1), (len(self.ours()), len(self.own_ports())))

    def test_server_goes_to_error(self) -> None:
        self.world.physics.host("two").capacity = 0
        said = self.failed("create_member", host="two")
        self.assertIn("two could not take it", said)
        self.assertEqual("joining", self.roles()[self.ours()[0]])

    def test_host_is_none(self) -> None:
        record = self.run_step("create_member", host="none")
        self.assertIs(StepState.REFUSED, record.state)
        # What there is of it is found again by its record.
        member = self.member(Role.JOINING)
        self.assertEqual("", member.server_id)
        self.assertEqual([f"{member.name}-0"], self.own_ports())

    def test_server_is_deleted_while_it_boots(self) -> None:
        recovery_id = self.claim(self.step("create_member", host="two"))
        self.runner.advance(recovery_id)
        self.context.vim.delete_server(self.ours()[0])
        ended = self.run_to_end(recovery_id)
        self.assertIs(State.FAILED, ended.state)

    def test_removed_while_it_was_made(self) -> None:
        """Nobody else would know what was made meanwhile."""
        real = self.context.vim.copy_server

        def copy(*args: Any) -> str:
            made = real(*args)
            self.store.save_member(
                dataclasses.replace(
                    self.member(Role.JOINING), role=Role.RETIRED
                )
            )
            return made

        self.replace(
            "nham.adapters.simulated.vim.SimulatedVim.copy_server",
            side_effect=copy,
        )
        said = self.failed("create_member", host="two")
        self.assertIn("removed meanwhile", said)
        self.clock.advance(10.0)
        self.assertEqual(([], []), (self.ours(), self.own_ports()))
        self.assertEqual({self.server_id: "primary"}, self.roles())

    def test_group_is_gone(self) -> None:
        recovery_id = self.claim(self.step("create_member", host="two"))
        self.store.delete_vnf("v")
        self.assertFalse(self.runner.advance(recovery_id))
        self.assertEqual([], self.ours())


class RemoveTest(replica_case.MakeCase):
    """A server of NHAM's own is deleted with its ports."""

    def setUp(self) -> None:
        super().setUp()
        self.standby = self.make_standby()

    def remove(self) -> str:
        """Remove the standby; return what is said."""
        return self.done("remove_member", member_id=self.standby.id)

    def gone(self) -> None:
        """See that nothing is left of it."""
        self.assertEqual(([], []), (self.ours(), self.own_ports()))
        self.assertEqual({self.server_id: "primary"}, self.roles())

    def test_nothing_is_left(self) -> None:
        self.assertEqual(f"{self.standby.name} is deleted", self.remove())
        self.gone()
        self.assertEqual(self.port_id, self.leads_to(self.service_id))

    def test_server_is_gone_already(self) -> None:
        self.context.vim.delete_server(self.standby.server_id)
        self.clock.advance(5.0)
        self.remove()
        self.gone()

    def test_server_goes_while_it_is_asked_for(self) -> None:
        self.replace(
            "nham.adapters.simulated.vim.SimulatedVim.delete_server",
            side_effect=[errors.NotFound("gone"), None],
        )
        self.clock.call_in(
            1.0,
            lambda: self.world.nova.delete(self.standby.server_id, "nham"),
        )
        self.remove()
        self.gone()

    def test_one_that_was_never_made(self) -> None:
        self.remove()
        self.run_step("create_member", host="none")
        member = self.member(Role.JOINING)
        self.done("remove_member", member_id=member.id)
        self.gone()

    def test_network_service_fails_between_two_ports(self) -> None:
        """What is left behind is found again."""
        for number in (1, 2):
            name = f"{self.standby.name}-{number}"
            self.context.vim.copy_port(self.port_id, name)
        real = self.context.vim.delete_port
        errors_left = [errors.Unavailable("down"), None, errors.Conflict("!")]

        def delete(port_id: str) -> None:
            if errors_left and (error := errors_left.pop()):
                raise error
            real(port_id)

        self.replace(
            "nham.adapters.simulated.vim.SimulatedVim.delete_port",
            side_effect=delete,
        )
        self.remove()
        self.assertEqual([], errors_left)
        self.gone()

    def test_two_ports_of_one_name(self) -> None:
        self.context.vim.copy_port(self.port_id, f"{self.standby.name}-0")
        self.remove()
        self.gone()

    def test_the_vnfms_is_never_deleted(self) -> None:
        said = self.failed("remove_member", member_id="m")
        self.assertIn("not NHAM's", said)
        self.assertEqual("ACTIVE", self.server().status)

    def test_no_such_member(self) -> None:
        said = self.failed("remove_member", member_id="x")
        self.assertIn("no such member", said)


class AdmitTest(replica_case.ReplicaCase):
    """A member that was cut off is let in again."""

    def test_member_that_failed(self) -> None:
        self.make_standby()
        self.fail_over()
        self.assertEqual("1 ports are enabled", self.admit())
        self.assertEqual([True], self.enabled(self.server_id))
        self.assertEqual("joining", self.roles()[self.server_id])

    def test_one_that_serves_goes_on(self) -> None:
        """A fail-over was begun in vain."""
        self.context.vim.enable_port(self.port_id, False)
        self.admit()
        self.assertEqual([True], self.enabled(self.server_id))
        self.assertEqual("primary", self.roles()[self.server_id])

    def test_enabled_ones_are_not_asked_again(self) -> None:
        self.admit()
        self.assertEqual(0, self.calls("enable_port"))

    def admit(self) -> str:
        """Let the VNFM's server in; return what is said."""
        return self.done("admit_member", member_id="m")


class JoinTest(replica_case.MakeCase):
    """The member answers, and can take over."""

    def setUp(self) -> None:
        super().setUp()
        self.done("create_member", host="two")
        self.joining = self.member(Role.JOINING)

    def test_joins_when_it_answers(self) -> None:
        self.store.note_state(self.joining.id, 9, None)
        self.done("reach_member")
        self.assertEqual("standby on two", self.done("join_standby"))
        found = self.member(Role.STANDBY)
        self.assertEqual(self.joining.id, found.id)
        self.assertEqual((0, True), (found.sequence, found.answered))
        self.assertEqual([self.joining.id], self.watch.expected)

    def test_what_answered_before_proves_nothing(self) -> None:
        view = context.MemberView(
            app=base.Health.OK, last_good_at=self.clock.now() - 1.0
        )
        self.replace_context(watch=base.FakeWatch())
        self.context.watch.seen = view  # type: ignore[attr-defined]
        self.assertIn("not true after", self.failed("join_standby"))
        self.assertEqual("joining", self.roles()[self.joining.server_id])

    def test_never_answers(self) -> None:
        self.done("reach_member")
        self.world.hang_guest(self.joining.server_id)
        self.failed("join_standby")

    def test_nobody_is_joining(self) -> None:
        self.done("reach_member")
        self.done("join_standby")
        self.assertIn("no member is being", self.failed("join_standby"))


class PortsTest(replica_case.MakeCase):
    """Which ports are a member's."""

    def test_by_their_names_and_numbers(self) -> None:
        member = model.Member(
            id="x", group_id="g", server_id="", kind="server", name="nham-x"
        )
        names = ("nham-x-0", "nham-x-1", "nham-x-10", "nham-x", "nham-xy-0")
        made = [self.context.vim.copy_port(self.port_id, n) for n in names]
        found = replica_steps.ports_of(self.context.vim, member.name)
        self.assertEqual(made[:2], [port.id for port in found])
        replica_steps.delete_ports(self.context.vim, member)
        self.assertEqual(
            ["nham-x-10", "nham-x", "nham-xy-0"], self.own_ports()
        )
