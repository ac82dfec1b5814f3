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

"""Tests of how our record follows the VNFM's."""

from __future__ import annotations

import dataclasses
from unittest import mock

from nham.core import descriptor
from nham.core import model
from nham.core import states
from nham.descriptor import errors as descriptor_errors
from nham.descriptor import reader
from nham.engine import discover
from nham.simulate import lab
from nham.tests.unit.engine import base

BROKEN = b"broken"


def read(data: bytes) -> reader.Descriptor:
    """Read the simulation's own descriptors; one is broken."""
    if data == BROKEN:
        problems = [
            descriptor.Problem(field="detection", rule="is no map"),
            descriptor.Problem(field="probes", rule="is no list"),
        ]
        raise descriptor_errors.DescriptorError(problems)
    return lab.read_policy(data)


class DiscoverCase(base.EngineCase):
    """Nothing is there yet."""

    def setUp(self) -> None:
        super().setUp()
        self.discoverer = discover.Discoverer(
            self.context, self.cloud, self.journal, read
        )

    def run_in(self, seconds: float = 0.0) -> None:
        """Let time pass, then compare once."""
        self.clock.advance(seconds)
        self.cloud.poll()
        self.discoverer.run(base.SHARD)

    def set_vnfd(self, instance: str, vnfd: bytes) -> None:
        """Change a VNF's VNFD."""
        vnfd_id = self.world.tacker.get(instance).vnfd_id
        self.world.tacker.vnfds[vnfd_id] = vnfd

    def known(self, instance: str) -> model.Vnf:
        """Return our record of a VNF."""
        found = self.store.vnf_by_instance(instance)
        assert found is not None
        return found

    def servers(self) -> dict[str, str]:
        """Return the server that serves each VNFC."""
        groups = {group.id: group.vnfc for group in self.store.groups()}
        return {
            groups[member.group_id]: member.server_id
            for member in self.store.members()
        }


class TestNew(DiscoverCase):
    """A VNF that we see for the first time."""

    def test_is_taken_under_protection(self) -> None:
        instance = self.add_instance(hosts=("one", "two"))
        self.run_in()
        vnf = self.known(instance)
        self.assertEqual(
            ("v", "tacker", "project", (base.POLICY,)),
            (vnf.name, vnf.source, vnf.project_id, vnf.policies),
        )
        self.assertEqual(self.clock.now(), vnf.created_at)
        self.assertEqual(("protected", ""), self.vnf_state(vnf.id))
        wanted = {
            vnfc: self.world.server_id(instance, vnfc)
            for vnfc in ("VDU1-0", "VDU1-1")
        }
        self.assertEqual(wanted, self.servers())
        first = min(self.fleet, key=lambda entry: entry.group.vnfc).member
        image_id = self.vim.server(first.server_id).image_id
        self.assertEqual(
            ("one", image_id, False),
            (first.host, first.image_id, first.volume_backed),
        )
        self.assertEqual([], self.discoverer.replaced_behind)

    def test_another_engine_takes_it(self) -> None:
        instance = self.add_instance()
        self.discoverer.run(base.Idle(base.OWNER))
        self.assertIsNone(self.store.vnf_by_instance(instance))

    def test_is_told_once(self) -> None:
        self.add_instance()
        for _ in range(3):
            self.run_in(30.0)
        [event] = self.store.events()
        self.assertEqual(
            ("protected", states.Severity.INFO), (event.kind, event.severity)
        )

    def test_without_a_policy(self) -> None:
        instance = self.add_instance()
        self.set_vnfd(instance, lab.policy_bytes({}))
        for _ in range(2):
            self.run_in(30.0)
        vnf = self.known(instance)
        self.assertEqual(
            ("unprotected", "no resiliency policy"), self.vnf_state(vnf.id)
        )
        self.assertEqual(1, self.calls("vnfd"))
        self.assertEqual({}, self.servers())
        [event] = self.store.events()
        self.assertEqual(
            ("unprotected", states.Severity.WARNING),
            (event.kind, event.severity),
        )

    def test_with_a_broken_descriptor(self) -> None:
        broken = self.add_instance("broken")
        self.set_vnfd(broken, BROKEN)
        good = self.add_instance("good")
        self.run_in()
        state, reason = self.vnf_state(self.known(broken).id)
        self.assertEqual("unprotected", state)
        self.assertIn("detection", reason)
        self.assertIn("; ", reason)
        self.assertIn("is no list", reason)
        self.assertEqual("protected", self.known(good).state.value)

    def test_descriptor_that_was_mended(self) -> None:
        instance = self.add_instance()
        self.set_vnfd(instance, BROKEN)
        self.run_in()
        self.set_vnfd(
            instance, lab.policy_bytes({"VDU1": base.POLICY.to_dict()})
        )
        self.run_in(30.0)
        vnf = self.known(instance)
        self.assertEqual(("protected", ""), self.vnf_state(vnf.id))
        self.assertEqual(["unprotected", "protected"], self.kinds())
        self.assertEqual(["VDU1-0"], list(self.servers()))

    def test_vnfd_that_is_not_there_harms_no_other(self) -> None:
        bad = self.add_instance("bad")
        self.world.tacker.vnfds.clear()
        good = self.add_instance("good")
        self.run_in()
        self.assertIsNone(self.store.vnf_by_instance(bad))
        self.assertIsNotNone(self.store.vnf_by_instance(good))

    def test_another_engine_takes_it_in_at_the_same_moment(self) -> None:
        instance = self.add_instance("first")
        other = self.add_instance("other")
        self.run_in()
        known = self.known(instance)
        looks = [None, self.known(other)]
        with mock.patch.object(
            self.store, "vnf_by_instance", autospec=True, side_effect=looks
        ):
            self.run_in(30.0)
        self.assertEqual(known, self.known(instance))

    def test_server_that_nova_does_not_name_yet(self) -> None:
        self.add_instance(hosts=("one", "two"))
        self.world.api_error_once("nova", "server")
        # It is not in the list of all servers either.
        self.discoverer.run(base.SHARD)
        self.assertEqual({}, self.servers())
        self.run_in(30.0)
        self.assertEqual(["VDU1-0", "VDU1-1"], sorted(self.servers()))

    def test_not_instantiated(self) -> None:
        instance = self.add_instance()
        self.world.tacker.get(instance).instantiated = False
        self.run_in()
        self.assertEqual([], self.store.vnfs())
        self.assertEqual([], self.kinds())


class TestChanged(DiscoverCase):
    """A known VNF with two VNFCs, which somebody changes."""

    def setUp(self) -> None:
        super().setUp()
        self.instance = self.add_instance(
            hosts=("one", "two"), policy=base.STATEFUL
        )
        self.run_in()
        self.vnf = self.known(self.instance)

    def group(self, vnfc: str = "VDU1-0") -> model.Group:
        """Return the group of a VNFC."""
        return next(g for g in self.store.groups() if g.vnfc == vnfc)

    def test_server_that_was_replaced_behind(self) -> None:
        before = self.servers()
        [old] = self.store.members(group_id=self.group().id)
        self.world.user_heal(self.instance, "VDU1-0")
        self.run_in(60.0)
        new = self.world.server_id(self.instance, "VDU1-0")
        self.assertEqual({**before, "VDU1-0": new}, self.servers())
        self.assertEqual([self.group().id], self.discoverer.replaced_behind)
        [member] = self.store.members(group_id=self.group().id)
        self.assertEqual(old.image_id, member.image_id)
        self.run_in(30.0)
        self.assertEqual(1, len(self.discoverer.replaced_behind))

    def test_image_of_the_vnfd_outlives_a_restore(self) -> None:
        [old] = self.store.members(group_id=self.group().id)
        checkpoint = self.world.add_image(7)
        vnfc = self.vnfm.vnf(self.instance).vnfcs[0]
        self.vnfm.heal(self.instance, vnfc, checkpoint)
        self.run_in(60.0)
        [member] = self.store.members(group_id=self.group().id)
        self.assertNotEqual(old.server_id, member.server_id)
        self.assertEqual(old.image_id, member.image_id)

    def test_recovery_knows_best(self) -> None:
        before = self.servers()
        recovery = self.store.claim(
            model.Recovery(
                id="r",
                vnf_id=self.vnf.id,
                group_id=self.group().id,
                epoch=0,
                fault=model.Fault(
                    zone=descriptor.Zone.HOST, subject="one", detected_at=0.0
                ),
                rule="host-dead",
                rung="replace",
                owner=base.OWNER,
            ),
            0,
        )
        assert recovery is not None
        self.world.user_heal(self.instance, "VDU1-0")
        self.run_in(60.0)
        self.assertEqual(before, self.servers())
        self.assertEqual([], self.discoverer.replaced_behind)

    def test_not_halfway_through_an_operation(self) -> None:
        before = self.servers()
        instance = self.world.tacker.get(self.instance)
        operation = self.world.tacker.begin(instance, "SCALE")
        instance.vnfcs.pop()
        self.run_in()
        self.assertEqual(before, self.servers())
        self.world.tacker.end(instance, operation, "COMPLETED")
        self.run_in()
        self.assertEqual(["VDU1-0"], list(self.servers()))

    def test_package_was_changed(self) -> None:
        """Once, and not before the operation has ended."""
        instance = self.add_vnf()
        self.run_in()
        tacker = self.world.tacker
        before = self.known(instance)
        slower = dataclasses.replace(base.POLICY, priority=70)
        tacker.vnfds["new"] = lab.policy_bytes({"VDU1": slower.to_dict()})
        tacker.get(instance).vnfd_id = "new"
        operation_id = tacker.begin(tacker.get(instance), "CHANGE_VNFPKG")
        self.run_in()
        self.assertEqual(before, self.known(instance))
        tacker.end(tacker.get(instance), operation_id, "COMPLETED")
        self.run_in()
        self.run_in()
        found = self.known(instance)
        self.assertEqual("new", found.vnfd_id)
        self.assertEqual(70, found.policies[0].priority)
        kinds = [event.kind for event in self.store.events()]
        self.assertEqual(1, kinds.count("package-changed"))

    def test_package_without_a_descriptor_that_can_be_read(self) -> None:
        instance = self.add_vnf()
        self.run_in()
        before = self.known(instance)
        self.world.tacker.vnfds["new"] = BROKEN
        self.world.tacker.get(instance).vnfd_id = "new"
        self.run_in()
        found = self.known(instance)
        self.assertEqual(
            ("new", before.policies), (found.vnfd_id, found.policies)
        )

    def test_scaled_out(self) -> None:
        self.world.user_scale(self.instance, "VDU1", out=True)
        self.run_in(30.0)
        self.assertIn("VDU1-2", self.servers())
        self.assertEqual([], self.discoverer.replaced_behind)

    def test_scaled_in(self) -> None:
        gone = self.add_checkpoint(1, self.group("VDU1-1").id)
        kept = self.add_checkpoint(2, self.group("VDU1-0").id)
        self.world.user_scale(self.instance, "VDU1", out=False)
        self.run_in(30.0)
        self.assertEqual(["VDU1-0"], list(self.servers()))
        found = {one.id: one.state for one in self.store.checkpoints()}
        self.assertEqual(
            {
                gone.id: states.CheckpointState.DELETING,
                kept.id: states.CheckpointState.AVAILABLE,
            },
            found,
        )

    def test_terminated(self) -> None:
        self.world.user_terminate(self.instance)
        self.keep_checkpoint()
        self.run_in(30.0)
        self.assert_gone()
        self.run_in(30.0)
        self.assertEqual(["protected", "terminated"], self.kinds())

    def test_deleted_in_the_vnfm(self) -> None:
        del self.world.tacker.instances[self.instance]
        self.keep_checkpoint()
        self.run_in(30.0)
        self.assert_gone()

    def keep_checkpoint(self) -> None:
        """Write down a checkpoint of the first VNFC."""
        self.add_checkpoint(group_id=self.group().id)

    def assert_gone(self) -> None:
        """Check that nothing is left but checkpoints to be removed."""
        self.assertEqual([], self.store.vnfs())
        self.assertEqual([], self.store.groups())
        self.assertEqual([], self.store.members())
        [checkpoint] = self.store.checkpoints()
        self.assertIs(states.CheckpointState.DELETING, checkpoint.state)

    def test_vnfm_that_is_down_is_left_alone(self) -> None:
        before = self.servers()
        self.world.user_terminate(self.instance)
        self.world.api_down("tacker", 60.0)
        self.run_in(30.0)
        self.assertEqual([self.vnf], self.store.vnfs())
        self.assertEqual(before, self.servers())

    def test_vnf_of_another_source_stays(self) -> None:
        for source in ("manual", "other"):
            self.store.save_vnf(
                dataclasses.replace(
                    self.vnf, id=source, instance_id=None, source=source
                )
            )
        self.run_in(30.0)
        self.assertEqual(3, len(self.store.vnfs()))
