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

from nham.adapters.fencing import base as fencing_base
from nham.adapters.fencing import nova
from nham.core import states
from nham.tests.unit.recovery import replica_case

Role = states.Role
FAILED = states.StepState.FAILED


class TakeoverCase(replica_case.ReplicaCase):
    """The group has a standby."""

    def setUp(self) -> None:
        super().setUp()
        self.standby = self.make_standby()
        self.ours = self.standby.server_id


class IsolateTest(TakeoverCase):
    """A member is cut off in the network."""

    def test_all_ports_are_disabled(self) -> None:
        second = self.context.vim.copy_port(self.port_id, "second")
        ports = self.world.neutron
        ports.plug(
            self.world.nova.servers[self.server_id],
            [ports.port(self.port_id), ports.port(second)],
        )
        said = self.done("isolate_member", member_id="m")
        self.assertEqual("port: 2 ports are disabled", said)
        self.assertEqual([False, False], self.enabled(self.server_id))
        self.assertEqual([True], self.enabled(self.ours))

    def test_nobody_reaches_it_on_a_host_that_is_cut_off(self) -> None:
        self.world.partition_host("one")
        self.done("isolate_member", member_id="m")
        self.world.heal_partition("one")
        self.clock.advance(60.0)
        address = self.world.neutron.floating_ip(self.service_id).ip
        self.assertIsNone(self.world.read_at(address))

    def test_disabled_ones_are_not_asked_again(self) -> None:
        self.done("isolate_member", member_id="m")
        self.done("isolate_member", member_id="m")
        self.assertEqual(1, self.calls("enable_port"))

    def test_server_is_gone(self) -> None:
        self.context.vim.delete_server(self.server_id)
        self.clock.advance(5.0)
        said = self.done("isolate_member", member_id="m")
        self.assertEqual("port: 0 ports are disabled", said)

    def test_network_service_is_away(self) -> None:
        self.world.api_down("neutron", 100.0)
        self.done("isolate_member", member_id="m")
        self.assertEqual([False], self.enabled(self.server_id))

    def by_nova_and_port(self) -> None:
        """Let Nova be asked first."""
        self.replace_context(
            member_fencing=[
                nova.NovaFencing(self.context.vim),
                *self.context.member_fencing,
            ]
        )

    def test_nova_stops_it(self) -> None:
        self.by_nova_and_port()
        said = self.done("isolate_member", member_id="m")
        self.assertEqual(
            "nova: SHUTOFF on one, whose nova-compute is up", said
        )
        self.assertEqual([True], self.enabled(self.server_id))

    def test_ports_where_nova_cannot_tell(self) -> None:
        self.by_nova_and_port()
        self.world.power_off_host("one")
        self.clock.advance(60.0)
        said = self.done("isolate_member", member_id="m")
        self.assertEqual(
            "port: 1 ports are disabled (before it, nova: nova-compute on "
            "one is not up, so nobody tells whether the server is off)",
            said,
        )

    def test_ports_where_nova_is_not_there(self) -> None:
        self.by_nova_and_port()
        self.world.api_down("nova", 100.0)
        self.assertIn(
            "port: 1 ports are disabled",
            self.done("isolate_member", member_id="m"),
        )

    def test_no_means(self) -> None:
        self.replace_context(member_fencing=[])
        self.assertIn(
            "no driver has the means",
            self.failed("isolate_member", member_id="m"),
        )

    def test_no_such_member(self) -> None:
        self.assertIn(
            "no such member", self.failed("isolate_member", member_id="x")
        )


class SealTest(TakeoverCase):
    """A member is cut off so that it stays so."""

    def setUp(self) -> None:
        super().setUp()
        self.fleeting = Fleeting()
        self.replace_context(
            member_fencing=[self.fleeting, *self.context.member_fencing]
        )

    def end(self, *actions: str) -> list[str]:
        """Run these steps about the primary; return what each says."""
        recovery_id = self.claim(
            *(self.step(one, member_id="m", host="one") for one in actions)
        )
        return [one.detail for one in self.run_to_end(recovery_id).steps]

    def test_by_what_lasts_alone(self) -> None:
        (said,) = self.end("seal_member")
        self.assertEqual("port: 1 ports are disabled", said)
        self.assertEqual([], self.fleeting.asked)

    def test_after_what_does_not_last(self) -> None:
        self.assertEqual(
            ["fleeting: for now", "port: 1 ports are disabled"],
            self.end("isolate_member", "seal_member"),
        )
        (guest,) = self.fleeting.asked
        epoch = self.store.group("g").epoch
        self.assertEqual(
            (self.server_id, "one", epoch),
            (guest.server_id, guest.host, guest.epoch),
        )

    def test_what_lasts_is_not_done_again(self) -> None:
        self.replace_context(
            member_fencing=self.context.member_fencing[1:],
        )
        recovery_id = self.claim(
            self.step("isolate_member", member_id="m"),
            self.step("seal_member", member_id="m"),
        )
        before = self.calls("ports")
        ended = self.run_to_end(recovery_id)
        self.assertEqual(
            "it is already, port: 1 ports are disabled",
            ended.steps[1].detail,
        )
        self.assertEqual(2, self.calls("ports") - before)

    def test_what_cut_off_another_one_is_not_taken_for_it(self) -> None:
        self.replace_context(
            member_fencing=self.context.member_fencing[1:],
        )
        recovery_id = self.claim(
            self.step("isolate_member", member_id=self.standby.id),
            self.step("seal_member", member_id="m"),
        )
        self.run_to_end(recovery_id)
        self.assertEqual([False], self.enabled(self.server_id))

    def test_waits_for_who_lasts(self) -> None:
        self.world.api_down("neutron", 100.0)
        (said,) = self.end("seal_member")
        self.assertEqual("port: 1 ports are disabled", said)


class Fleeting(fencing_base.MemberFencing):
    """Proves at once what may be over in a moment."""

    name = "fleeting"
    lasting = False

    def __init__(self) -> None:
        self.asked: list[fencing_base.Guest] = []

    def fence(self, guest: fencing_base.Guest) -> None:
        """See base class."""
        self.asked.append(guest)

    def proof(self, guest: fencing_base.Guest) -> str | None:
        """See base class."""
        return "for now" if guest in self.asked else None


class GiveStateTest(TakeoverCase):
    """A member gets the newest state that was saved."""

    def give(self, must: bool = True, **args: str) -> str:
        """Give the standby its state; return what is said."""
        args.setdefault("member_id", self.standby.id)
        return self.done("give_state", must=must, **args)

    def test_newest_state(self) -> None:
        self.save_state(6)
        self.save_state(7)
        self.clock.advance(1.5)
        said = self.give()
        self.assertEqual("7", self.state_of(self.ours))
        self.assertEqual("checkpoint state-2, 1.5 s old", said)
        self.assertEqual(2, self.member(Role.STANDBY).sequence)

    def test_what_it_has_is_not_given_again(self) -> None:
        self.save_state(7)
        self.give()
        self.assertEqual("it has checkpoint state-1 already", self.give())
        self.assertEqual(1, self.calls("import_state"))

    def test_one_that_restarted_is_given_it_again(self) -> None:
        self.save_state(7)
        self.give()
        self.world.panic_guest(self.ours)
        self.clock.advance(60.0)
        self.give()
        self.assertEqual("7", self.state_of(self.ours))
        self.assertEqual(2, self.calls("import_state"))

    def test_an_older_one_that_it_says_it_has(self) -> None:
        self.save_state(7)
        self.give()
        self.save_state(8)
        self.give()
        self.assertEqual("8", self.state_of(self.ours))

    def test_one_that_serves_goes_on_from_what_it_has(self) -> None:
        """The step may be resumed after it has acknowledged more."""
        self.save_state(7)
        self.done("give_state", must=True)
        self.assertEqual(1, self.member(Role.PRIMARY).sequence)
        self.world.set_state(self.server_id, b"8")
        self.done("give_state", must=True)
        self.assertEqual("8", self.state_of(self.server_id))
        self.world.restart_app(self.server_id)
        self.done("give_state", must=True)
        self.assertEqual("7", self.state_of(self.server_id))

    def test_one_that_is_named_is_given_each_time(self) -> None:
        self.save_state(7)
        for _ in range(2):
            self.done("give_state", must=True, checkpoint_id="state-1")
        self.assertEqual(2, self.calls("import_state"))

    def test_torn_one_is_passed_over(self) -> None:
        self.save_state(6)
        self.save_state(7)
        self.blobs.blobs["state-2"] = b"torn"
        said = self.give()
        self.assertEqual("6", self.state_of(self.ours))
        self.assertTrue(said.startswith("checkpoint state-1,"), said)
        self.assertIn("checkpoint state-2: ", said)
        self.assertEqual(1, self.member(Role.STANDBY).sequence)

    def test_one_that_is_gone_is_passed_over(self) -> None:
        self.save_state(6)
        self.save_state(7)
        self.blobs.delete("state-2")
        self.give()
        self.assertEqual("6", self.state_of(self.ours))

    def test_named_one(self) -> None:
        self.save_state(6)
        self.save_state(7)
        self.done(
            "give_state", must=True, member_id="m", checkpoint_id="state-1"
        )
        self.assertEqual("6", self.state_of(self.server_id))

    def test_named_one_was_deleted(self) -> None:
        self.save_state(7)
        said = self.failed(
            "give_state", must=True, member_id="m", checkpoint_id="gone"
        )
        self.assertIn("gone", said)

    def test_nothing_was_saved(self) -> None:
        for must, state in ((True, FAILED), (False, states.StepState.DONE)):
            record = self.run_step("give_state", must=must)
            self.assertIs(state, record.state)
            self.assertIn("no state was saved yet", record.detail)

    def test_all_are_torn(self) -> None:
        self.save_state(7)
        self.blobs.blobs["state-1"] = b"torn"
        said = self.failed("give_state", must=True)
        self.assertIn("checkpoint state-1: ", said)
        self.assertIn("it has no state: checkpoint", self.give(must=False))

    def test_member_does_not_answer_yet(self) -> None:
        self.save_state(7)
        self.world.hang_app(self.ours)
        self.clock.call_in(20.0, lambda: self.world.mend_app(self.ours))
        self.give()
        self.assertEqual("7", self.state_of(self.ours))

    def test_hook_of_a_member_never_answers(self) -> None:
        """The loss of state is accepted at last, where it may be."""
        self.save_state(7)
        self.world.api_down("hook", 100.0)
        args = {"member_id": self.standby.id}
        began = self.clock.monotonic()
        self.assertIn(
            "not true after 30 s", self.failed("give_state", must=True, **args)
        )
        said = self.give(must=False)
        self.assertTrue(said.startswith("it has no state: "), said)
        self.assertAlmostEqual(60.0, self.clock.monotonic() - began, delta=3.0)
        self.assertEqual(0, self.member(Role.STANDBY).sequence)

    def test_member_is_silent_altogether(self) -> None:
        """It would not serve, with its state or without."""
        self.save_state(7)
        self.world.crash_app(self.ours)
        args = {"member_id": self.standby.id}
        self.assertIn(
            "not true after 30 s",
            self.failed("give_state", must=False, **args),
        )

    def test_what_is_under_way_is_waited_for(self) -> None:
        """It would come after what is given now."""
        self.save_state(7)
        until = self.clock.now() + 4.0
        self.store.note_state(self.standby.id, 0, until)
        recovery_id = self.claim(
            self.step("give_state", member_id=self.standby.id, must=True)
        )
        while self.runner.advance(recovery_id):
            self.assertEqual("", self.state_of(self.ours))
            self.clock.advance(0.5)
        self.assertGreaterEqual(self.clock.now(), until)
        self.assertEqual("7", self.state_of(self.ours))

    def test_what_ends_early_is_not_waited_for(self) -> None:
        self.save_state(7)
        until = self.clock.now() + 20.0
        self.store.note_state(self.standby.id, 0, until)
        self.clock.call_in(
            1.0, lambda: self.store.note_state(self.standby.id, 0, None)
        )
        self.give()
        self.assertLess(self.clock.now(), until)

    def test_engine_that_cannot_feed(self) -> None:
        self.add_checkpoint(7)
        said = self.failed("give_state", must=True)
        self.assertIn("image cannot feed a running server", said)


class PromoteTest(TakeoverCase):
    """The roles are swapped."""

    def test_primary_has_failed(self) -> None:
        self.store.note_state(self.standby.id, 3, self.clock.now() + 9.0)
        said = self.done("promote", member_id=self.standby.id)
        self.assertEqual(f"server {self.ours} serves", said)
        self.assertEqual(
            {self.server_id: "failed", self.ours: "primary"}, self.roles()
        )
        found = self.member(Role.PRIMARY)
        self.assertEqual((3, None), (found.sequence, found.importing_until))

    def test_asked_twice(self) -> None:
        for _ in range(2):
            self.done("promote", member_id=self.standby.id)
        self.assertEqual(
            {self.server_id: "failed", self.ours: "primary"}, self.roles()
        )

    def test_taken_out_meanwhile(self) -> None:
        out = dataclasses.replace(self.standby, role=Role.FAILED)
        self.store.save_member(out)
        self.failed("promote", member_id=self.standby.id)
        self.assertEqual("primary", self.roles()[self.server_id])

    def test_no_such_member(self) -> None:
        self.failed("promote", member_id="x")
        self.assertEqual("primary", self.roles()[self.server_id])
