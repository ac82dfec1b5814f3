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

"""Tests of what is asked of Nova and the VNFM."""

from __future__ import annotations

import dataclasses
from typing import Any

from nham.core import facts
from nham.core import member_facts
from nham.core import model
from nham.core import states
from nham.engine import inquiry
from nham.tests.unit.engine import base

Role = states.Role


class InquiryCase(base.EngineCase):
    """A VNF with a VNFC on each of two hosts."""

    def setUp(self) -> None:
        super().setUp()
        self.instance = self.add_vnf(hosts=("one", "two"))
        self.poll()

    def ask(self) -> inquiry.Inquiry:
        """Begin to ask."""
        return inquiry.Inquiry(self.context, self.cloud)

    def operation(self) -> str | None:
        """Return what the VNFM does to the VNF of ``v/0``."""
        asked, entry = self.ask(), self.entry()
        return asked.operation(entry, asked.server(entry))

    def server_facts(self, group_id: str = "v/0") -> member_facts.ServerFacts:
        """Return what is said of the server of a group."""
        asked, entry = self.ask(), self.entry(group_id)
        return asked.server_facts(entry, asked.server(entry))


class TestServer(InquiryCase):
    """What Nova says of a member's server."""

    def test_newest_state_counts_and_is_kept(self) -> None:
        self.world.server_error(self.server_id())
        self.assertEqual("ERROR", self.server_facts().status)
        known = self.cloud.server(self.server_id())
        self.assertEqual("ERROR", known and known.status)

    def test_deleted_server(self) -> None:
        self.world.delete_server_behind(self.server_id())
        self.clock.advance(2.0)
        found = self.ask().server(self.entry())
        assert found is not None
        self.assertEqual(("DELETED", "one"), (found.status, found.host))

    def test_who_stopped_it(self) -> None:
        self.server_facts()
        self.assertEqual(0, self.calls("actions"))
        self.world.user_stop(self.server_id())
        self.world.crash_vm(self.server_id("v/1"))
        self.clock.advance(20.0)
        self.assertEqual("user", self.server_facts("v/0").stopped_by)
        self.assertEqual("nobody", self.server_facts("v/1").stopped_by)

    def test_it_is_not_known_who_stopped_it(self) -> None:
        self.world.user_stop(self.server_id())
        self.clock.advance(5.0)
        self.world.api_error_once("nova", "actions")
        asked = self.ask()
        entry = self.entry()
        found = asked.server_facts(entry, asked.server(entry))
        self.assertFalse(asked.nova)
        self.assertIsNone(found.stopped_by)

    def test_nova_did_not_answer_the_poll(self) -> None:
        self.world.api_down("nova", 60.0)
        self.cloud.poll()
        before = len(self.world.gates.log)
        asked = self.ask()
        found = asked.server(self.entry())
        self.assertFalse(asked.nova)
        self.assertEqual("ACTIVE", found and found.status)
        self.assertEqual(before, len(self.world.gates.log))

    def test_nova_does_not_answer_now(self) -> None:
        self.world.api_error_once("nova", "server")
        asked = self.ask()
        found = asked.server(self.entry())
        self.assertFalse(asked.nova)
        self.assertEqual("one", found and found.host)
        self.assertTrue(self.ask().nova)

    def test_nobody_knows_it(self) -> None:
        self.add_vnf("new", ("three",))
        self.world.api_error_once("nova", "server")
        self.assertEqual(
            member_facts.ServerFacts(), self.server_facts("new/0")
        )


class TestOperation(InquiryCase):
    """What the VNFM does to the VNF."""

    def test_none(self) -> None:
        self.assertIsNone(self.operation())

    def test_running_and_stuck(self) -> None:
        tacker = self.world.tacker
        instance = tacker.get(self.instance)
        operation = tacker.begin(instance, "HEAL")
        self.assertEqual("running", self.operation())
        tacker.end(instance, operation, "FAILED_TEMP")
        self.assertEqual("stuck", self.operation())
        tacker.fail(operation)
        self.assertIsNone(self.operation())

    def test_ends_when_our_record_has_followed(self) -> None:
        self.world.user_heal(self.instance, "VDU1-0")
        self.clock.advance(60.0)
        self.assertEqual("DELETED", self.server_facts().status)
        self.assertEqual("running", self.operation())
        new = self.world.server_id(self.instance, "VDU1-0")
        old = self.entry().member
        self.store.save_member(dataclasses.replace(old, server_id=new))
        self.assertIsNone(self.operation())

    def test_deleted_vnf_is_no_failure_of_the_vnfm(self) -> None:
        self.world.delete_server_behind(self.server_id())
        self.clock.advance(3.0)
        self.poll()
        del self.world.tacker.instances[self.instance]
        asked, entry = self.ask(), self.entry()
        server = asked.server(entry)
        self.assertEqual("running", asked.operation(entry, server))
        self.assertTrue(asked.vnfm)

    def test_terminated_vnf_is_no_failure(self) -> None:
        self.world.tacker.terminate(self.instance)
        self.clock.advance(60.0)
        self.assertEqual("DELETED", self.server_facts().status)
        self.assertEqual("running", self.operation())

    def test_deleted_behind_is_no_operation(self) -> None:
        self.world.delete_server_behind(self.server_id())
        self.clock.advance(2.0)
        self.assertIsNone(self.operation())

    def test_our_own_that_was_deleted_is_no_operation(self) -> None:
        """The VNFM never knew it, so its record will not follow."""
        ours = dataclasses.replace(
            self.entry().member, id="ours", kind="server"
        )
        self.world.delete_server_behind(self.server_id())
        self.clock.advance(2.0)
        entry = dataclasses.replace(self.entry(), member=ours)
        found = self.ask().operation(entry, self.ask().server(entry))
        self.assertIsNone(found)

    def test_vnf_without_a_vnfm(self) -> None:
        vnf = self.store.vnf("v")
        self.store.save_vnf(dataclasses.replace(vnf, source="manual"))
        self.assertIsNone(self.operation())
        self.assertEqual(0, self.calls("operations"))

    def test_dead_vnfm_runs_no_operation(self) -> None:
        self.world.user_heal(self.instance, "VDU1-1")
        self.world.api_down("tacker", 60.0)
        asked = self.ask()
        self.assertIsNone(asked.operation(self.entry(), None))
        self.assertFalse(asked.vnfm)
        self.assertTrue(asked.nova)


class TestStandby(InquiryCase):
    """What Nova says of the server of a standby."""

    def standby(self, status: str, **fields: Any) -> member_facts.StandbyFacts:
        """Return a standby whose server is that of ``v/1``."""
        return dataclasses.replace(
            member_facts.StandbyFacts(
                member_id="s",
                server_id=self.server_id("v/1"),
                host="two",
                server=member_facts.ServerFacts(status=status),
            ),
            **fields,
        )

    def stop(self) -> None:
        """Let a user stop its server."""
        self.world.user_stop(self.server_id("v/1"))
        self.clock.advance(5.0)

    def test_nobody_is_asked_of_one_that_runs(self) -> None:
        before = len(self.world.gates.log)
        known = self.standby("ACTIVE")
        self.assertEqual(known, self.ask().standby(self.entry(), known))
        self.assertEqual(before, len(self.world.gates.log))

    def test_who_stopped_it(self) -> None:
        self.stop()
        found = self.ask().standby(self.entry(), self.standby("SHUTOFF"))
        self.assertEqual("user", found.server.stopped_by)

    def test_one_that_nham_stopped_in_vain(self) -> None:
        """The request came after that was given up."""
        step = model.Step(
            id="park_standby",
            action="park_standby",
            note="",
            timeout=150.0,
            args={"member_id": "s"},
        )
        given_up = self.claim(model.StepRecord(position=0, step=step))
        who = given_up.owner, given_up.epoch
        self.store.step_started(given_up.id, 0, self.clock.now(), *who)
        self.end(given_up, states.RecoveryState.ABORTED)
        self.clock.advance(3.0)
        self.stop()
        found = self.ask().standby(self.entry(), self.standby("SHUTOFF"))
        self.assertEqual("nobody", found.server.stopped_by)

    def test_one_that_nham_stopped(self) -> None:
        """Nobody needs to be asked who that was."""
        self.stop()
        known = self.standby("SHUTOFF", parked=True)
        self.assertEqual(known, self.ask().standby(self.entry(), known))
        self.assertEqual(0, self.calls("actions"))

    def test_one_that_was_only_begun(self) -> None:
        """Its server is not known to anybody yet."""
        known = self.standby("ACTIVE", server_id="", role=Role.JOINING)
        self.assertEqual(known, self.ask().standby(self.entry(), known))

    def test_one_that_nova_named_no_more(self) -> None:
        found = self.ask().standby(
            self.entry(), self.standby("ACTIVE", server_id="gone")
        )
        self.assertEqual("DELETED", found.server.status)

    def test_silent_one_that_serves(self) -> None:
        """What Nova listed is older than its silence."""
        self.stop()
        dead = facts.Health.DEAD
        known = self.standby("ACTIVE", role=Role.ACTIVE, app=dead, icmp=dead)
        found = self.ask().standby(self.entry(), known)
        self.assertEqual(
            ("SHUTOFF", "user"), (found.server.status, found.server.stopped_by)
        )
        newest = self.cloud.server(known.server_id)
        self.assertEqual("SHUTOFF", newest and newest.status)

    def test_nova_fails_meanwhile(self) -> None:
        self.world.api_error_once("nova", "actions")
        known, asked = self.standby("SHUTOFF"), self.ask()
        self.assertEqual(known, asked.standby(self.entry(), known))
        self.assertFalse(asked.nova)
