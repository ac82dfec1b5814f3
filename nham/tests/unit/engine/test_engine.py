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

"""Tests of the engine's loops as a whole."""

from __future__ import annotations

import dataclasses

from nham.core import descriptor
from nham.core import facts
from nham.core import model
from nham.core import states
from nham.engine import checkpointing
from nham.tests.unit.engine import base

Health = facts.Health
State = states.RecoveryState


class EngineTestCase(base.WholeCase):
    """A stateful VNF with one VNFC; all is well."""

    def setUp(self) -> None:
        super().setUp()
        self.instance = self.add_instance(policy=base.STATEFUL)
        self.discover()
        self.group = self.group_id()

    def server(self) -> str:
        """Return the server that Tacker names now."""
        return self.world.server_id(self.instance, "VDU1-0")

    def image(self, value: int) -> model.Checkpoint:
        """Save a checkpoint whose image holds the number."""
        return self.add_checkpoint(value, self.group)


class TestLoops(EngineTestCase):
    """Each loop is one call."""

    def test_found_and_watched(self) -> None:
        [entry] = self.engine.fleet
        self.assertEqual("VDU1-0", entry.group.vnfc)
        self.assertIs(Health.OK, self.watch.view(self.group).app)
        self.assertIs(Health.OK, self.watch.host_health("one"))
        self.assertIsNone(self.engine.look())

    def test_beat(self) -> None:
        self.engine.beat()
        alive = self.store.engines_alive(self.clock.now())
        self.assertEqual({self.engine.id}, alive)
        vnf_id = self.engine.fleet[0].vnf.id
        recovery = model.Recovery(
            id="r",
            vnf_id=vnf_id,
            group_id=self.group,
            epoch=0,
            fault=model.Fault(
                zone=descriptor.Zone.VM, subject="s", detected_at=0.0
            ),
            rule="vm-dead",
            rung="hard_reboot",
            owner="dead",
        )
        self.store.claim(recovery, 0)
        self.engine.beat()
        self.assertEqual(["r"], self.started)

    def test_dead_vm_is_recovered(self) -> None:
        self.world.crash_vm(self.server())
        self.look(base.SILENCE)
        decided = self.engine.look()
        assert decided is not None
        self.assertEqual("vm-dead", decided.verdicts[0].rule)
        [recovery_id] = self.started
        self.advance(recovery_id)
        recovery = self.store.recovery(recovery_id)
        self.assertIs(State.SUCCEEDED, recovery.state)
        self.assertTrue(self.world.serving(self.server()))
        self.assertIsNone(self.engine.fleet[0].group.recovery_id)
        self.assertEqual(
            ["protected", "recovery-started", "recovery-succeeded"],
            self.kinds(),
        )

    def test_restarted_server_is_given_time_to_boot(self) -> None:
        self.vim.reboot(self.server(), hard=True)
        self.engine.poll()
        self.clock.advance(2.0)
        self.engine.poll()
        self.engine.look()
        self.assertIs(Health.UNKNOWN, self.watch.view(self.group).app)

    def test_host_is_welcome_again(self) -> None:
        self.store.save_host(model.HostRecord(name="two", fenced_at=1.0))
        self.world.api_down("nova", 5.0)
        self.engine.poll()
        self.assertEqual(["protected"], self.kinds())
        self.clock.advance(6.0)
        self.engine.poll()
        self.assertEqual(["protected", "host-back"], self.kinds())

    def test_checkpoint(self) -> None:
        self.engine.checkpoint()
        self.clock.advance(5.0)
        self.engine.checkpoint()
        [found] = self.store.checkpoints()
        self.assertIs(states.CheckpointState.AVAILABLE, found.state)

    def test_vnf_that_was_removed_stops_no_loop(self) -> None:
        self.engine.checkpoint()
        self.world.crash_vm(self.server())
        self.look(base.SILENCE)
        self.store.delete_vnf(self.engine.fleet[0].vnf.id)
        self.assertIsNone(self.engine.look())
        self.assertEqual((), self.engine.fleet)
        self.engine.checkpoint()


class TestAddresses(EngineTestCase):
    """Servers that the bulk list does not have, or not any more."""

    def test_new_server_is_looked_up_at_once(self) -> None:
        self.add_vnf("new", ("two",))
        self.engine.reload()
        self.assertTrue(self.watch.view("new/0").probed)

    def test_known_one_is_not_asked_about(self) -> None:
        before = self.calls("server")
        self.engine.reload()
        self.assertEqual(before, self.calls("server"))

    def test_stale_addresses_are_looked_up(self) -> None:
        address = dataclasses.replace(
            self.vim.server(self.server()).addresses[0], ip="10.9.9.9"
        )
        self.world.nova.servers[self.server()].addresses = (address,)
        self.watch.refresh(self.group)
        self.engine.reload()
        self.assertFalse(self.watch.view(self.group).stale)
        self.assertIn("10.9.9.9", str(self.prober._targets))

    def test_stay_stale_while_nova_does_not_answer(self) -> None:
        self.watch.refresh(self.group)
        self.world.api_error_once("nova", "server")
        self.engine.reload()
        self.assertTrue(self.watch.view(self.group).stale)
        self.engine.reload()
        self.assertFalse(self.watch.view(self.group).stale)

    def test_an_address_that_nham_moves_needs_no_nova(self) -> None:
        service = model.MovableAddress(id="fip", ip="172.24.0.9")
        group = self.store.group(self.group)
        self.store.save_group(dataclasses.replace(group, service=service))
        self.watch.refresh(self.group)
        self.world.api_error_once("nova", "server")
        self.engine.reload()
        self.assertFalse(self.watch.view(self.group).stale)

    def test_server_that_is_gone_is_not_waited_for(self) -> None:
        self.watch.refresh(self.group)
        self.world.delete_server_behind(self.server())
        self.clock.advance(5.0)
        self.engine.reload()
        self.assertFalse(self.watch.view(self.group).stale)


class TestRestore(EngineTestCase):
    """A checkpoint is put back on demand."""

    def restore(self, checkpoint: model.Checkpoint) -> model.Recovery:
        """Begin to put it back."""
        return self.engine.restore(checkpoint, "restore", "asked for")

    def test_state_is_put_back(self) -> None:
        self.world.write(self.server(), 1)
        recovery = self.restore(self.image(7))
        self.assertEqual([recovery.id], self.started)
        self.assertEqual(
            ("restore", "rebuild"), (recovery.rule, recovery.rung)
        )
        self.advance(recovery.id)
        self.assertEqual(7, self.world.read(self.server()))
        self.assertIn("recovery-succeeded", self.kinds())

    def test_not_while_a_recovery_runs(self) -> None:
        checkpoint = self.image(7)
        self.restore(checkpoint)
        self.assertRaises(checkpointing.NotNow, self.restore, checkpoint)

    def test_not_what_is_not_protected(self) -> None:
        checkpoint = self.image(7)
        vnf_id = self.engine.fleet[0].vnf.id
        self.store.set_vnf_state(vnf_id, states.VnfState.UNPROTECTED)
        self.assertRaises(checkpointing.NotNow, self.restore, checkpoint)
        self.assertRaises(checkpointing.NotNow, self.engine.entry, "x")

    def test_next_older_one_is_tried_after_one_that_is_torn(self) -> None:
        self.image(5)
        self.image(6)
        torn = self.image(7)
        self.image(8)
        self.world.corrupt_image(torn.artifacts[0].id)
        recovery = self.restore(torn)
        self.advance(recovery.id)
        self.assertIs(State.FAILED, self.store.recovery(recovery.id).state)
        [_first, second] = self.started
        self.advance(second)
        self.assertEqual(6, self.world.read(self.server()))

    def test_state_is_lost_when_none_is_left(self) -> None:
        newest = self.image(8)
        self.world.corrupt_image(newest.artifacts[0].id)
        self.advance(self.restore(newest).id)
        self.assertEqual(1, len(self.started))
        event = self.store.events()[-1]
        self.assertEqual(
            ("state-lost", states.Severity.CRITICAL),
            (event.kind, event.severity),
        )


class TestLostClaim(EngineTestCase):
    """Another engine has taken a recovery over."""

    def test_its_end_is_not_ours_to_tell(self) -> None:
        recovery = self.engine.restore(self.image(7), "restore", "asked for")
        self.store.take_over(recovery.id, self.engine.id, "other")
        before = self.kinds()
        self.assertFalse(self.engine.advance(recovery.id))
        self.assertEqual(before, self.kinds())


class TestReplacedBehind(EngineTestCase):
    """Somebody else healed a VNFC: its state is gone."""

    def heal(self) -> None:
        """Let a user heal the VNFC, and the engine find it."""
        self.world.user_heal(self.instance, "VDU1-0")
        self.look(60.0)
        self.discover()

    def test_newest_checkpoint_is_put_back(self) -> None:
        self.image(6)
        self.image(7)
        self.heal()
        [recovery_id] = self.started
        self.assertEqual(
            "replaced-behind", self.store.recovery(recovery_id).rule
        )
        self.advance(recovery_id)
        self.assertEqual(7, self.world.read(self.server()))
        self.discover()
        self.assertEqual([recovery_id], self.started)

    def test_nothing_to_put_back(self) -> None:
        self.add_checkpoint(7, self.group, state=states.CheckpointState.FAILED)
        self.heal()
        self.assertEqual([], self.started)

    def test_stateless(self) -> None:
        self.image(7)
        entry = self.engine.fleet[0]
        policy = dataclasses.replace(entry.policy, stateful=False)
        self.store.save_vnf(dataclasses.replace(entry.vnf, policies=(policy,)))
        self.heal()
        self.assertEqual([], self.started)

    def test_volume_holds_the_newest_state(self) -> None:
        self.image(7)
        member = self.engine.fleet[0].member
        self.store.save_member(dataclasses.replace(member, volume_backed=True))
        self.engine.discoverer.replaced_behind.append(self.group)
        self.engine.discover()
        self.assertEqual([], self.started)

    def test_recovery_or_the_end_of_the_vnf_came_first(self) -> None:
        checkpoint = self.image(7)
        first = self.engine.restore(checkpoint, "restore", "asked for")
        self.engine.discoverer.replaced_behind += [self.group, "gone"]
        self.engine.discover()
        self.assertEqual([first.id], self.started)
