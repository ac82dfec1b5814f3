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


"""The verbs of the SDK against the real API."""

from __future__ import annotations

from unittest import mock

from openstack import exceptions

from nham import sdk
from nham.core import descriptor
from nham.core import model
from nham.core import states
from nham.rpc import errors
from nham.tests.unit.db import base as records
from nham.tests.unit.sdk import base


class ProxyTest(base.ClientCase):
    """All verbs."""

    def setUp(self) -> None:
        super().setUp()
        self.given_vnf(
            "v1", project_id="noauth", state=states.VnfState.PROTECTED
        )

    def test_connect_twice(self) -> None:
        self.assertIs(self.proxy, sdk.connect(self.connection))

    def test_vnfs(self) -> None:
        (vnf,) = self.proxy.vnfs()
        self.assertEqual(("v1", "name of v1"), (vnf.id, vnf.name))
        self.assertEqual(["0R"], vnf.mechanisms)
        (vnf,) = self.proxy.vnfs(all_projects=True, name="name of v1")
        self.assertEqual(999.0, vnf.newest_checkpoint_age)

    def test_find_vnf(self) -> None:
        for name_or_id in ("v1", "name of v1"):
            found = self.proxy.find_vnf(name_or_id)
            self.assertEqual("VDU1-0", found.groups[0]["vnfc"])
        with self.assertRaises(exceptions.NotFoundException):
            self.proxy.find_vnf("other")
        self.store.save_vnf(
            model.Vnf(
                id="v2",
                name="name of v1",
                source="manual",
                project_id="noauth",
            )
        )
        with self.assertRaises(exceptions.DuplicateResource):
            self.proxy.find_vnf("name of v1")

    def test_register_and_unregister(self) -> None:
        self.engine.register_vnf.return_value = "v1"
        made = self.proxy.register_vnf("fw", "text", {"VDU1": ["s1"]})
        self.assertEqual("v1", made.id)
        self.engine.register_vnf.assert_called_once_with(
            name="fw",
            project_id="noauth",
            descriptor="text",
            servers={"VDU1": ["s1"]},
        )
        self.proxy.unregister_vnf("v1")
        self.engine.unregister_vnf.assert_called_once_with("v1")

    def test_explain(self) -> None:
        self.engine.why.return_value = [{"rule": "healthy"}]
        found = self.proxy.explain_vnf("v1", "vm", "v1-g")
        self.assertEqual([{"rule": "healthy"}], found)
        self.engine.why.assert_called_once_with("v1", "v1-g", "vm")
        self.proxy.explain_vnf("v1")
        self.engine.why.assert_called_with("v1", None, "all")

    def test_facts_of_a_recovery(self) -> None:
        self.store.claim(records.make_recovery("r1"), 0)
        self.store.keep_facts("r1", {"case": "x"})
        self.assertEqual({"case": "x"}, self.proxy.get_recovery_facts("r1"))

    def test_act(self) -> None:
        self.assertTrue(self.proxy.pause_vnf("v1").paused)
        self.assertEqual("protected", self.proxy.resume_vnf("v1").state)
        self.proxy.protect_vnf("v1", "text")
        self.engine.protect_vnf.assert_called_with("v1", "text")
        self.proxy.protect_vnf("v1")
        self.engine.protect_vnf.assert_called_with("v1", None)

    def test_set(self) -> None:
        found = self.proxy.set_vnf_properties("v1", {"sal": 1})
        self.assertEqual("v1", found.id)
        self.engine.set_vnf.assert_called_with(
            "v1", None, {"sal": 1}, [], mock.ANY
        )
        self.proxy.set_vnf_properties("v1", {}, ["sal"], "VDU1")
        self.engine.set_vnf.assert_called_with(
            "v1", "VDU1", {}, ["sal"], mock.ANY
        )

    def test_switchover(self) -> None:
        claimed = records.make_recovery("r1")
        self.assertIsNotNone(self.store.claim(claimed, 0))
        self.engine.switchover_vnf.return_value = ["r1"]
        (begun,) = self.proxy.switchover_vnf("v1", "v1-g")
        self.assertEqual(("r1", "running"), (begun.id, begun.state))
        self.engine.switchover_vnf.assert_called_with("v1", "v1-g")
        self.engine.failback_vnf.return_value = ["r1"]
        (begun,) = self.proxy.failback_vnf("v1")
        self.assertEqual("r1", begun.id)
        self.engine.failback_vnf.assert_called_with("v1", None)

    def test_checkpoints(self) -> None:
        self.store.add_checkpoint(
            records.make_checkpoint(2, state=states.CheckpointState.FAILED)
        )
        found = self.proxy.checkpoints(vnf_id="v1", state="available")
        self.assertEqual(["v1-c1"], [c.id for c in found])
        self.assertEqual(7, self.proxy.get_checkpoint("v1-c1").size)
        self.engine.export_vnf_state.return_value = ["v1-c2"]
        (made,) = self.proxy.create_checkpoints("v1")
        self.assertEqual(("v1-c2", "failed"), (made.id, made.state))
        self.proxy.delete_checkpoint("v1-c1")
        self.engine.delete_checkpoint.assert_called_once_with("v1-c1")

    def test_states(self) -> None:
        hook = descriptor.StateProtection(
            method="hook", hook=descriptor.Hook(port=1)
        )
        policy = descriptor.ResiliencyPolicy(
            name="p", targets=("VDU1",), stateful=True, state_protection=hook
        )
        vnf = records.make_vnf("v1", project_id="noauth", policies=(policy,))
        self.store.save_vnf(vnf)
        self.store.save_member(
            model.Member(id="m", group_id="v1-g", server_id="s")
        )
        self.store.next_sequence("v1-g")
        self.store.claim(records.make_recovery("r1"), 0)
        self.engine.import_vnf_state.return_value = "r1"
        data = bytes(200_000)
        found = self.proxy.import_vnf_state("v1", "v1-g", data)
        self.assertEqual("r1", found.id)
        ((checkpoint_id,), _) = self.engine.import_vnf_state.call_args
        self.assertEqual(data, self.proxy.get_checkpoint_state(checkpoint_id))
        with self.assertRaisesRegex(exceptions.ConflictException, "image"):
            self.proxy.get_checkpoint_state("v1-c1")

    def test_restore(self) -> None:
        self.store.claim(records.make_recovery("r1"), 0)
        self.engine.import_vnf_state.return_value = "r1"
        found = self.proxy.restore_checkpoint("v1-c1")
        self.assertEqual(("r1", "running"), (found.id, found.state))
        self.engine.import_vnf_state.side_effect = errors.Conflict("busy")
        with self.assertRaisesRegex(exceptions.ConflictException, "busy"):
            self.proxy.restore_checkpoint("v1-c1")

    def test_recoveries(self) -> None:
        self.store.claim(records.make_recovery("r1"), 0)
        (found,) = self.proxy.recoveries(vnf_id="v1", state="running", limit=1)
        self.assertEqual(1763700000.123456, found.timeline["detected"])
        self.assertEqual(["because"], self.proxy.get_recovery("r1").reasons)

    def test_events(self) -> None:
        for number in range(3):
            self.store.add_event(
                5.0, states.Severity.INFO, "test", f"event {number}", "v1"
            )
        (found,) = self.proxy.events(vnf_id="v1", after=1, limit=1)
        self.assertEqual((5.0, "event 1"), (found.at, found.message))

    def test_hosts(self) -> None:
        self.store.save_host(model.HostRecord(name="h1", fenced_at=5.0))
        (found,) = self.proxy.hosts()
        self.assertEqual(("h1", 5.0), (found.name, found.fenced_at))
        self.engine.host_members.return_value = []
        self.assertEqual([], self.proxy.get_host("h1").members)
        self.proxy.begin_maintenance("h2", "a disk")
        self.proxy.end_maintenance("h2")
        self.proxy.release_host("h2")
        self.engine.release_host.assert_called_once()
        self.assertTrue(self.proxy.pause("an upgrade").paused)
        self.assertFalse(self.proxy.resume().paused)
        self.assertFalse(self.proxy.get_control().paused)
        self.proxy.host_fenced("h2", "burnt")
        self.engine.host_fenced.assert_called_once_with(
            "h2", "burnt", "noauth"
        )
