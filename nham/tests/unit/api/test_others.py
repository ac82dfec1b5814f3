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


"""Checkpoints, recoveries, events and hosts by the API."""

from __future__ import annotations

import dataclasses

from nham.core import model
from nham.core import states
from nham.rpc import errors
from nham.rpc import errors as rpc_errors
from nham.tests.unit.api import base
from nham.tests.unit.db import base as records


class CheckpointTest(base.ApiCase):
    """Checkpoints."""

    def setUp(self) -> None:
        super().setUp()
        self.given_vnf("v1")
        self.given_vnf("v2", project_id="project-b")

    def test_list(self) -> None:
        found = self.ask("GET", "/v1/checkpoints", base.READER).json
        (checkpoint,) = found["checkpoints"]
        self.assertEqual("v1-c1", checkpoint["id"])
        self.assertEqual(
            (7, "sha"), (checkpoint["size"], checkpoint["digest"])
        )
        path = "/v1/checkpoints?all_projects=1&state=available"
        self.assertEqual(2, len(self.ask("GET", path).json["checkpoints"]))
        self.assert_error(
            self.ask("GET", "/v1/checkpoints?state=x"), 400, "state: must be"
        )

    def test_show(self) -> None:
        shown = self.ask("GET", "/v1/checkpoints/v1-c1", base.READER).json
        self.assertEqual("image", shown["artifacts"][0]["kind"])

    def test_create(self) -> None:
        self.engine.export_vnf_state.return_value = ["v1-c1"]
        made = self.ask(
            "POST", "/v1/checkpoints", base.MEMBER, json={"vnf_id": "v1"}
        )
        self.assertEqual(202, made.status_code)
        self.assertEqual("v1-c1", made.json["checkpoints"][0]["id"])
        self.engine.export_vnf_state.assert_called_once_with("v1", None)

    def test_create_for_a_group_of_another_vnf(self) -> None:
        body = {"vnf_id": "v1", "group_id": "v2-g"}
        answer = self.ask("POST", "/v1/checkpoints", base.MEMBER, json=body)
        self.assert_error(answer, 404, "There is no replica group v2-g")
        self.engine.export_vnf_state.assert_not_called()

    def test_delete(self) -> None:
        answer = self.ask("DELETE", "/v1/checkpoints/v1-c1", base.MEMBER)
        self.assertEqual(202, answer.status_code)
        self.engine.delete_checkpoint.assert_called_once_with("v1-c1")

    def test_restore(self) -> None:
        self.engine.import_vnf_state.return_value = "r1"
        path = "/v1/checkpoints/v1-c1/action"
        answer = self.ask("POST", path, base.MEMBER, json={"restore": {}})
        self.assertEqual(
            (202, {"recovery_id": "r1"}), (answer.status_code, answer.json)
        )
        self.engine.import_vnf_state.side_effect = errors.Conflict("busy")
        answer = self.ask("POST", path, base.MEMBER, json={"restore": {}})
        self.assert_error(answer, 409, "busy")
        answer = self.ask("POST", path, base.READER, json={"restore": {}})
        self.assert_error(answer, 403, "nham:checkpoint:restore")

    def test_what_a_gone_vnf_left_is_the_administrators(self) -> None:
        self.store.delete_vnf("v1")
        path = "/v1/checkpoints/v1-c1"
        self.assert_error(self.ask("GET", path, base.MEMBER), 404, "")
        self.assertEqual(200, self.ask("GET", path).status_code)


class RecoveryTest(base.ApiCase):
    """Recoveries."""

    def setUp(self) -> None:
        super().setUp()
        self.given_vnf("v1")
        self.store.claim(records.make_recovery("r1"), 0)

    def test_list(self) -> None:
        for path, count in (
            ("/v1/recoveries", 1),
            ("/v1/recoveries?vnf=v1&state=running", 1),
            ("/v1/recoveries?state=failed", 0),
        ):
            found = self.ask("GET", path, base.READER).json["recoveries"]
            self.assertEqual(count, len(found), path)
        for path, told in (
            ("/v1/recoveries?state=x", "state: must be one of running"),
            ("/v1/recoveries?limit=0", "limit: must be a whole number"),
            ("/v1/recoveries?limit=x", "limit: must be a whole number"),
        ):
            self.assert_error(self.ask("GET", path), 400, told)

    def test_show(self) -> None:
        self.store.step_started("r1", 0, 1763700001.0, "e1", 1)
        self.store.step_ended(
            "r1", 0, states.StepState.DONE, 1763700003.0, "", "e1", 1
        )
        shown = self.ask("GET", "/v1/recoveries/r1", base.READER).json
        self.assertEqual(1763700003.0, shown["timeline"]["restored"])
        self.assertEqual(["because"], shown["reasons"])
        self.assertEqual(["heal: slower"], shown["refused"])
        self.assertEqual("done", shown["steps"][0]["state"])

    def test_the_rule_is_told_in_words(self) -> None:
        self.store.end_recovery(
            "r1", states.RecoveryState.SUCCEEDED, 2.0, "", "e1", 1
        )
        made = dataclasses.replace(records.make_recovery("r2"), rule="vm-dead")
        self.store.claim(made, 1)
        shown = self.ask("GET", "/v1/recoveries/r2", base.READER).json
        self.assertEqual(
            ("neither the application nor the guest answers", "UC4, UC8"),
            (shown["rule_says"], shown["rule_source"]),
        )

    def test_facts(self) -> None:
        self.store.save_vnf(records.make_vnf("v2"))
        self.store.save_group(records.make_group("v2"))
        facts = {"case": "", "facts": {"members": []}}
        self.store.claim(records.make_recovery("r2", "v2"), 0)
        self.store.keep_facts("r2", facts)
        path = "/v1/recoveries/r2/facts"
        self.assertEqual(facts, self.ask("GET", path).json)
        # They name whatever else is on the hosts.
        answer = self.ask("GET", path, base.MEMBER)
        self.assert_error(answer, 403, "nham:recovery:facts")
        answer = self.ask("GET", path, base.MEMBER, "project-b")
        self.assert_error(answer, 404, "There is no recovery r2")
        answer = self.ask("GET", "/v1/recoveries/r1/facts")
        self.assert_error(answer, 404, "No facts of recovery r1 are kept")
        answer = self.ask("GET", f"{path}?x=1")
        self.assert_error(answer, 400, "x")

    def test_what_is_not_yours_is_not_there(self) -> None:
        path = "/v1/recoveries/r1"
        answer = self.ask("GET", path, base.MEMBER, "project-b")
        self.assert_error(answer, 404, "There is no recovery r1")
        found = self.ask("GET", "/v1/recoveries", base.MEMBER, "project-b")
        self.assertEqual([], found.json["recoveries"])


class EventTest(base.ApiCase):
    """Events."""

    def test_list(self) -> None:
        self.given_vnf("v1")
        self.given_vnf("v2", project_id="project-b")
        for vnf_id in ("v1", "v2", None):
            self.store.add_event(
                1.0, states.Severity.INFO, "test", f"of {vnf_id}", vnf_id
            )
        (own,) = self.ask("GET", "/v1/events", base.READER).json["events"]
        self.assertEqual("of v1", own["message"])
        path = "/v1/events?all_projects=true&limit=2&after=0"
        found = self.ask("GET", path).json["events"]
        self.assertEqual(["of v1", "of v2"], [e["message"] for e in found])
        self.assert_error(
            self.ask("GET", "/v1/events?after=-1"), 400, "after: must be"
        )


class HostTest(base.ApiCase):
    """Hosts."""

    def test_only_administrators(self) -> None:
        self.store.save_host(model.HostRecord(name="h1", forced_down=True))
        found = self.ask("GET", "/v1/hosts").json["hosts"]
        self.assertEqual(
            [("h1", True)], [(h["name"], h["forced_down"]) for h in found]
        )
        self.assert_error(
            self.ask("GET", "/v1/hosts", base.MEMBER), 403, "nham:host:list"
        )

    def test_fenced(self) -> None:
        path, body = "/v1/hosts/h1/action", {"fenced": {"reason": "burnt"}}
        refused = self.ask("POST", path, base.MEMBER, json=body)
        self.assert_error(refused, 403, "nham:host:fenced")
        done = self.ask("POST", path, json=body)
        self.assertEqual(204, done.status_code)
        self.engine.host_fenced.assert_called_once_with("h1", "burnt", "ann")
        self.assert_error(
            self.ask("POST", path, json={"fenced": {}}),
            400,
            "fenced.reason: is required",
        )

    def test_maintenance_and_release(self) -> None:
        path = "/v1/hosts/h1/action"
        for body, rule in (
            ({"begin_maintenance": {"reason": "disk"}}, "maintenance"),
            ({"end_maintenance": {}}, "maintenance"),
            ({"release": {}}, "release"),
        ):
            refused = self.ask("POST", path, base.MEMBER, json=body)
            self.assert_error(refused, 403, f"nham:host:{rule}")
            done = self.ask("POST", path, json=body)
            self.assertEqual(204, done.status_code)
        self.engine.begin_maintenance.assert_called_once_with(
            "h1", "disk", "ann"
        )
        self.engine.end_maintenance.assert_called_once_with("h1", "ann")
        self.engine.release_host.assert_called_once_with("h1", "ann")
        self.assert_error(
            self.ask("POST", path, json={"begin_maintenance": {}}),
            400,
            "begin_maintenance.reason: is required",
        )

    def test_one(self) -> None:
        self.engine.host_members.return_value = []
        self.assert_error(self.ask("GET", "/v1/hosts/h1"), 404, "h1")
        self.store.begin_maintenance("h1", 5.0, "disk")
        members = [{"vnfc": "VDU1-0", "stage": "stays"}]
        self.engine.host_members.return_value = members
        found = self.ask("GET", "/v1/hosts/h1").json
        self.assertEqual(
            ("disk", members), (found["maintenance_reason"], found["members"])
        )
        self.engine.host_members.side_effect = rpc_errors.NoAnswer("nobody")
        self.assertIsNone(self.ask("GET", "/v1/hosts/h1").json["members"])


class ControlTest(base.ApiCase):
    """NHAM as a whole."""

    def test_pause_and_resume(self) -> None:
        path = "/v1/control/action"
        body = {"pause": {"reason": "an upgrade"}}
        refused = self.ask("POST", path, base.MEMBER, json=body)
        self.assert_error(refused, 403, "nham:control:pause")
        paused = self.ask("POST", path, json=body).json
        self.assertEqual(
            {"paused": True, "reason": "user ann: an upgrade"}, paused
        )
        self.assertEqual(paused, self.ask("GET", "/v1/control").json)
        self.assertIsNotNone(self.store.setting("paused"))
        resumed = self.ask("POST", path, json={"resume": {}}).json
        self.assertEqual({"paused": False, "reason": ""}, resumed)
        self.assertIsNone(self.store.setting("paused"))
        self.assertEqual(
            ["nham-paused", "nham-resumed"],
            [event.kind for event in self.store.events()],
        )
        self.assert_error(
            self.ask("POST", path, json={"pause": {}}),
            400,
            "pause.reason: is required",
        )
        self.assert_error(
            self.ask("GET", "/v1/control", base.MEMBER),
            403,
            "nham:control:show",
        )
