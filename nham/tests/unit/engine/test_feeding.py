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

from collections.abc import Callable
import dataclasses

from nham.adapters import errors
from nham.adapters.simulated import hook
from nham.core import descriptor
from nham.core import model
from nham.core import states
from nham.engine import feeding
from nham.recovery import runner
from nham.tests.unit.engine import base
from nham.tests.unit.engine import replica_case


class FeedCase(replica_case.ReplicaCase):
    """A VNFC with a standby; a state is saved."""

    def setUp(self) -> None:
        super().setUp()
        self.feeder = feeding.Feeder(self.context)
        self.save_state(7)

    def feed(self) -> None:
        """Feed the standby once."""
        self.feeder.feed(self.entry())

    def has(self) -> tuple[str, int, float | None]:
        """Return what the standby has, and what is written down of it."""
        member = self.member("s")
        return (
            self.state_of(self.ours),
            member.sequence,
            member.importing_until,
        )

    def during_import(self, what: Callable[[], object]) -> None:
        """Let something happen while the standby next imports."""
        todo = [what]
        real = self.hook._hook.import_state

        def slow(*args: object) -> None:
            if todo:
                todo.pop()()
            real(*args)  # type: ignore[arg-type]

        self.replace(
            "nham.adapters.simulated.hook.SimulatedHook.import_state",
            side_effect=slow,
        )


class TestFeed(FeedCase):
    """The standby is given the newest saved state."""

    def test_fed(self) -> None:
        self.feed()
        self.assertEqual(("7", 1, None), self.has())

    def test_newest_only_and_once(self) -> None:
        self.save_state(8)
        for _ in range(3):
            self.feed()
        self.assertEqual(("8", 2, None), self.has())
        self.assertEqual(1, self.calls("import_state"))

    def test_one_that_is_parked_is_given_nothing(self) -> None:
        self.change("s", parked=True)
        self.feed()
        self.assertEqual(0, self.calls("import_state"))

    def test_each_state_that_is_saved(self) -> None:
        for value in (8, 9):
            self.feed()
            self.save_state(value)
        self.feed()
        self.assertEqual(("9", 3, None), self.has())

    def test_what_is_not_whole_is_not_given(self) -> None:
        newer = self.save_state(8)
        for state in states.CheckpointState:
            if state is not states.CheckpointState.AVAILABLE:
                self.store.update_checkpoint(
                    dataclasses.replace(newer, state=state)
                )
                self.feed()
                self.assertEqual(("7", 1, None), self.has())

    def test_what_another_engine_took_is_not_given(self) -> None:
        self.add_checkpoint(8)
        self.feed()
        self.assertEqual(("7", 1, None), self.has())

    def test_nothing_was_saved(self) -> None:
        self.store.delete_checkpoint("state-1")
        self.feed()
        self.assertEqual(("", 0, None), self.has())

    def test_no_standby(self) -> None:
        for role in (states.Role.JOINING, states.Role.FAILED):
            self.change("s", role=role)
            self.feed()
        self.change("s", role=states.Role.RETIRED)
        self.feed()
        self.assertEqual(0, self.calls("import_state"))

    def test_one_that_became_the_primary_is_left_alone(self) -> None:
        """The fleet may be a second old."""
        stale = self.entry()
        self.fail_over()
        self.feeder.feed(stale)
        self.assertEqual("", self.state_of(self.ours))


class TestActiveStandby(FeedCase):
    """The mechanism gives the state at a fail-over only."""

    policy = dataclasses.replace(
        replica_case.POLICY, redundancy=descriptor.Mechanism.ONE_R_AS
    )

    def test_is_not_fed(self) -> None:
        self.feed()
        self.assertEqual(("", 0, None), self.has())


class TestExchange(FeedCase):
    """Members that all serve are given what each of the others has."""

    policy = dataclasses.replace(
        replica_case.POLICY,
        redundancy=descriptor.Mechanism.MR_AA,
        state_protection=dataclasses.replace(
            replica_case.POLICY.state_protection,
            spread="merge",
            hook=descriptor.Hook(port=8081, import_path=hook.MERGE),
        ),
    )

    def setUp(self) -> None:
        super().setUp()
        self.change("s", role=states.Role.ACTIVE)
        self.world.set_state(self.theirs, b"a")
        self.world.set_state(self.ours, b"b")

    def exchange(self) -> tuple[str, str]:
        """Exchange once; return what the primary has, and the other."""
        self.feeder.exchange(self.entry())
        return self.state_of(self.theirs), self.state_of(self.ours)

    def senders(self) -> list[str]:
        """Return who the states come from that are given from now on."""
        found: list[str] = []
        real = self.hook._hook.import_state

        def noted(*args: object) -> None:
            found.append(str(args[-1]))
            real(*args)  # type: ignore[arg-type]

        self.replace(
            "nham.adapters.simulated.hook.SimulatedHook.import_state",
            side_effect=noted,
        )
        return found

    def test_what_is_not_the_primary_s_goes_to_all_others(self) -> None:
        senders = self.senders()
        self.assertEqual(("a b", "b"), self.exchange())
        self.assertEqual(["nham-s"], senders)
        self.assertEqual(1, len(self.store.checkpoints()))

    def test_the_primary_s_is_fed_under_its_name(self) -> None:
        senders = self.senders()
        self.feed()
        self.assertEqual("7 b", self.state_of(self.ours))
        self.assertEqual(["VDU1-0"], senders)

    def test_who_is_no_member_that_serves_is_left_alone(self) -> None:
        for role in (states.Role.JOINING, states.Role.FAILED):
            self.change("s", role=role)
            self.assertEqual(("a", "b"), self.exchange())

    def test_one_that_fails_keeps_nobody_from_the_others(self) -> None:
        self.world.crash_app(self.ours)
        self.assertEqual(("a", ""), self.exchange())
        self.world.mend_app(self.ours)
        self.world.set_state(self.ours, b"c")
        self.world.crash_app(self.theirs)
        self.assertEqual(("", "c"), self.exchange())
        self.world.mend_app(self.theirs)
        self.assertEqual(("c", "c"), self.exchange())

    def test_otherwise_the_leader_s_alone_counts(self) -> None:
        protection = self.policy.state_protection
        entry = self.entry()
        led = dataclasses.replace(
            entry,
            policy=dataclasses.replace(
                self.policy,
                state_protection=dataclasses.replace(
                    protection, spread="leader"
                ),
            ),
        )
        self.feeder.exchange(led)
        self.assertEqual(0, self.calls("export_state"))


class TestTrouble(FeedCase):
    """What the standby has when it was not fed."""

    def test_it_refuses(self) -> None:
        """What it had before it still has."""
        self.feed()
        self.save_state(8)
        self.replace(
            "nham.adapters.simulated.hook.SimulatedHook.import_state",
            side_effect=errors.Refused("too new"),
        )
        self.feed()
        self.assertEqual(("7", 1, None), self.has())

    def test_state_is_torn(self) -> None:
        self.feed()
        self.save_state(8)
        self.blobs.blobs["state-2"] = b"torn"
        self.feed()
        self.assertEqual(("7", 1, None), self.has())

    def test_it_does_not_answer(self) -> None:
        """It may have started anew, and hold nothing any more."""
        self.feed()
        self.save_state(8)
        self.world.crash_app(self.ours)
        self.feed()
        self.assertEqual((0, None), self.has()[1:])
        self.world.mend_app(self.ours)
        self.feed()
        self.assertEqual(("8", 2, None), self.has())

    def test_answer_is_lost(self) -> None:
        self.world.api_error_once("hook", "import_state", after=True)
        self.feed()
        self.assertEqual(("7", 0, None), self.has())

    def test_a_bug_leaves_no_import_behind(self) -> None:
        self.replace(
            "nham.adapters.simulated.hook.SimulatedHook.import_state",
            side_effect=KeyError("bug"),
        )
        self.assertRaises(KeyError, self.feed)
        self.assertEqual(("", 0, None), self.has())

    def test_group_is_removed_meanwhile(self) -> None:
        self.during_import(lambda: self.store.delete_vnf("v"))
        self.feeder.feed(self.entry())
        self.assertEqual([], self.store.members())


class TestRace(FeedCase):
    """A fail-over begins while the standby is fed."""

    def begin(self) -> model.Recovery:
        """Claim a recovery that gives the standby its state."""
        step = base.step("give_state", member_id="s", must=True)
        return self.claim(step, rung="fail_over")

    def test_claimed_before(self) -> None:
        """Whoever claims first does it alone."""
        stale = self.entry()
        self.begin()
        self.feeder.feed(stale)
        self.assertEqual(("", 0, None), self.has())
        self.assertEqual(0, self.calls("import_state"))

    def test_claimed_meanwhile(self) -> None:
        """The fail-over waits for the import, and comes after it."""
        runs = runner.Runner(self.context, base.OWNER)

        def fail_over() -> None:
            self.save_state(8)
            self.begin()
            for _ in range(3):
                self.clock.advance(0.5)
                self.assertTrue(runs.advance(str(self.group.recovery_id)))
            self.assertEqual("", self.state_of(self.ours))

        self.during_import(fail_over)
        self.feed()
        self.assertEqual(("7", 1, None), self.has())
        self.assertFalse(runs.advance(str(self.group.recovery_id)))
        self.assertEqual(("8", 2, None), self.has())

    def test_how_long_an_import_may_last(self) -> None:
        seen: list[float | None] = []
        began = self.clock.now()
        self.during_import(
            lambda: seen.append(self.member("s").importing_until)
        )
        self.feed()
        [until] = seen
        assert until is not None
        # The hook's time-out is two seconds.
        self.assertTrue(2.0 < until - began <= 4.0)

    def test_another_engine_feeds(self) -> None:
        """Which of two imports came last would not be known."""
        until = self.clock.now() + 3.0
        self.store.note_state("s", 0, until)
        self.feed()
        self.assertEqual(("", 0, until), self.has())
        self.clock.advance(3.5)
        self.feed()
        self.assertEqual(("7", 1, None), self.has())
