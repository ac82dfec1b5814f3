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


"""The store keeps checkpoints, events and settings."""

from __future__ import annotations

import dataclasses

from nham.core import model
from nham.core import states
from nham.db import errors
from nham.tests.unit.db import base


class CheckpointTest(base.StoreCase):
    """Checkpoints."""

    def test_newest_first(self) -> None:
        wanted = [base.make_checkpoint(number) for number in (1, 3, 2)]
        for checkpoint in wanted:
            self.store.add_checkpoint(checkpoint)
        found = self.store.checkpoints(group_id="v1-g")
        self.assertEqual([3, 2, 1], [c.sequence for c in found])
        self.assertEqual(wanted[1], found[0])
        self.assertEqual(wanted[0], self.store.checkpoint("v1-c1"))

    def test_filters(self) -> None:
        creating = states.CheckpointState.CREATING
        self.store.add_checkpoint(base.make_checkpoint(1, state=creating))
        self.store.add_checkpoint(base.make_checkpoint(2))
        self.store.add_checkpoint(base.make_checkpoint(3, vnf_id="v2"))
        self.assertEqual(2, len(self.store.checkpoints(vnf_id="v1")))
        self.assertEqual(1, len(self.store.checkpoints(states=[creating])))
        self.assertEqual(0, len(self.store.checkpoints(states=[])))

    def test_update_and_delete(self) -> None:
        checkpoint = base.make_checkpoint(1)
        with self.assertRaises(errors.NotFound):
            self.store.update_checkpoint(checkpoint)
        self.store.add_checkpoint(checkpoint)
        failed = dataclasses.replace(
            checkpoint, state=states.CheckpointState.FAILED, reason="torn"
        )
        self.store.update_checkpoint(failed)
        self.assertEqual(failed, self.store.checkpoint(checkpoint.id))
        self.store.delete_checkpoint(checkpoint.id)
        with self.assertRaises(errors.NotFound):
            self.store.checkpoint(checkpoint.id)

    def test_update_from_one_state_only(self) -> None:
        creating = states.CheckpointState.CREATING
        first = base.make_checkpoint(1, state=creating)
        whole = dataclasses.replace(
            first, state=states.CheckpointState.AVAILABLE
        )
        failed = dataclasses.replace(
            first, state=states.CheckpointState.FAILED
        )
        with self.assertRaises(errors.NotFound):
            self.store.update_checkpoint(whole, creating)
        self.store.add_checkpoint(first)
        self.assertTrue(self.store.update_checkpoint(whole, creating))
        self.assertFalse(self.store.update_checkpoint(failed, creating))
        self.assertEqual(whole, self.store.checkpoint(first.id))
        self.assertTrue(self.store.update_checkpoint(failed))
        self.assertEqual(failed, self.store.checkpoint(first.id))

    def test_a_sequence_is_used_once(self) -> None:
        self.given_vnf()
        self.assertEqual(1, self.store.next_sequence("v1-g"))
        self.store.add_checkpoint(base.make_checkpoint(1))
        self.store.delete_checkpoint("v1-c1")
        self.assertEqual(2, self.store.next_sequence("v1-g"))
        with self.assertRaises(errors.NotFound):
            self.store.next_sequence("none")


class JournalTest(base.StoreCase):
    """Events, hosts, engines and settings."""

    def test_events(self) -> None:
        for number in range(5):
            self.store.add_event(
                number,
                states.Severity.WARNING,
                "test",
                f"event {number}",
                vnf_id="v1" if number % 2 else None,
                host="h1",
            )
        last = self.store.events(limit=2)
        self.assertEqual(["event 3", "event 4"], [e.message for e in last])
        self.assertEqual(2, len(self.store.events(vnf_id="v1")))
        first = self.store.events()[0]
        following = self.store.events(after_id=first.id, limit=1)
        self.assertEqual(["event 1"], [e.message for e in following])
        self.assertEqual(states.Severity.WARNING, first.severity)

    def test_hosts(self) -> None:
        self.assertIsNone(self.store.host("h1"))
        record = model.HostRecord(name="h1", fenced_at=5.0, proof="off")
        self.store.save_host(record)
        self.assertEqual(record, self.store.host("h1"))
        record = model.HostRecord(name="h1", forced_down=True)
        self.store.save_host(record)
        self.assertEqual([record], list(self.store.hosts()))

    def test_closed_hosts(self) -> None:
        store = self.store
        self.assertFalse(store.end_maintenance("h1"))
        self.assertFalse(store.release("h1", 1.0))
        self.assertTrue(store.begin_maintenance("h1", 5.0, "a disk"))
        self.assertFalse(store.begin_maintenance("h1", 6.0, "another"))
        self.assertTrue(store.quarantine("h1", 4.0, "spoils"))
        self.assertFalse(store.quarantine("h1", 7.0, "again"))
        store.save_host(model.HostRecord(name="h1", proof="off"))
        found = store.host("h1")
        assert found is not None
        self.assertEqual(4.0, found.closed_at)
        self.assertEqual(
            ("off", 5.0, "a disk", 4.0, "spoils"),
            (
                found.proof,
                found.maintenance_at,
                found.maintenance_reason,
                found.quarantined_at,
                found.quarantine_reason,
            ),
        )
        self.assertTrue(store.end_maintenance("h1"))
        self.assertTrue(store.release("h1", 9.0))
        self.assertEqual(
            model.HostRecord(name="h1", proof="off", released_at=9.0),
            store.host("h1"),
        )

    def test_a_lease_is_written_by_itself(self) -> None:
        self.assertEqual(6.0, self.store.withdraw_lease("h1", 6.0))
        self.assertEqual(6.0, self.store.withdraw_lease("h1", 7.0))
        record = model.HostRecord(name="h1", forced_down=True)
        self.store.save_host(record)
        found = self.store.host("h1")
        assert found is not None
        self.assertEqual(
            (True, 6.0), (found.forced_down, found.lease_withdrawn_at)
        )
        self.assertFalse(self.store.restore_lease("h1", 5.0))
        self.assertTrue(self.store.restore_lease("h1", 6.0))
        self.assertEqual([record], list(self.store.hosts()))

    def test_engines(self) -> None:
        self.store.engine_beat("e1", "h1", 100.0)
        self.store.engine_beat("e2", "h2", 90.0)
        self.store.engine_beat("e2", "h2", 95.0)
        self.assertEqual({"e1", "e2"}, self.store.engines_alive(95.0))
        self.assertEqual({"e1"}, self.store.engines_alive(96.0))
        self.store.engine_beat("e3", "h2", 80.0)
        self.assertEqual({"h1": 100.0, "h2": 95.0}, self.store.engine_hosts())

    def test_settings(self) -> None:
        self.assertIsNone(self.store.setting("paused"))
        self.store.set_setting("paused", "yes")
        self.store.set_setting("paused", "no")
        self.assertEqual("no", self.store.setting("paused"))
        self.store.set_setting("paused", None)
        self.assertIsNone(self.store.setting("paused"))
