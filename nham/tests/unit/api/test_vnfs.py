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


"""VNFs by the API."""

from __future__ import annotations

import dataclasses

from falcon import testing

from nham.core import descriptor
from nham.core import model
from nham.core import states
from nham.rpc import errors
from nham.tests.unit.api import base
from nham.tests.unit.db import base as records

REGISTER = {
    "name": "fw",
    "descriptor": "tosca_definitions_version: ...",
    "servers": {"VDU1": ["s1"]},
}


class ListTest(base.ApiCase):
    """GET /v1/vnfs."""

    def test_a_project_sees_its_own(self) -> None:
        self.given_vnf("v1")
        self.given_vnf("v2", project_id="project-b")
        answer = self.ask("GET", "/v1/vnfs", base.READER)
        (vnf,) = answer.json["vnfs"]
        self.assertEqual("v1", vnf["id"])
        self.assertEqual(["0R"], vnf["mechanisms"])
        self.assertEqual(["VDU1-0"], vnf["vnfcs"])
        self.assertEqual(999.0, vnf["newest_checkpoint_age"])

    def test_all_projects(self) -> None:
        self.given_vnf("v1")
        self.given_vnf("v2", project_id="project-b")
        path = "/v1/vnfs?all_projects=true"
        self.assertEqual(2, len(self.ask("GET", path).json["vnfs"]))
        self.assert_error(
            self.ask("GET", path, base.MEMBER), 403, "nham:all_projects"
        )

    def test_by_name(self) -> None:
        self.given_vnf("v1")
        path = "/v1/vnfs?name=name%20of%20v1"
        self.assertEqual(1, len(self.ask("GET", path).json["vnfs"]))
        self.assertEqual([], self.ask("GET", "/v1/vnfs?name=x").json["vnfs"])

    def test_wrong_parameters(self) -> None:
        self.assert_error(
            self.ask("GET", "/v1/vnfs?nmae=x"), 400, "nmae: no such parameter"
        )
        self.assert_error(
            self.ask("GET", "/v1/vnfs?all_projects=x"), 400, "all_projects"
        )


class ShowTest(base.ApiCase):
    """GET and DELETE /v1/vnfs/{id}."""

    def setUp(self) -> None:
        super().setUp()
        self.given_vnf("v1")

    def test_show(self) -> None:
        shown = self.ask("GET", "/v1/vnfs/v1", base.READER).json
        self.assertEqual("p", shown["policies"][0]["name"])
        (group,) = shown["groups"]
        self.assertEqual({"health": "ok"}, group["probes"])
        self.assertEqual("v1-c1", group["newest_checkpoint"]["id"])

    def test_the_level(self) -> None:
        (group,) = self.ask("GET", "/v1/vnfs/v1").json["groups"]
        sal = group["sal"]
        self.assertEqual(
            (None, 3, None),
            (sal["declared"], sal["reachable"], sal["measured"]),
        )
        self.assertIn("costs evacuate 17.5 s", sal["reachable_says"])
        self.store.claim(records.make_recovery("r1"), 0)
        self.store.step_started("r1", 0, 1763700001.0, "e1", 1)
        self.store.step_ended(
            "r1", 0, states.StepState.DONE, 1763700003.0, "", "e1", 1
        )
        self.store.end_recovery(
            "r1", states.RecoveryState.SUCCEEDED, 2.0, "", "e1", 1
        )
        # It restored the state, but nobody saw a good answer.
        (group,) = self.ask("GET", "/v1/vnfs/v1").json["groups"]
        self.assertIsNone(group["sal"]["measured"])
        self.store.save_vnf(records.make_vnf("v1", policies=()))
        (group,) = self.ask("GET", "/v1/vnfs/v1").json["groups"]
        self.assertIsNone(group["sal"])

    def test_the_mechanism_in_force_is_told_with_its_reason(self) -> None:
        policy = descriptor.ResiliencyPolicy(
            name="p",
            targets=("VDU1",),
            redundancy=descriptor.Mechanism.ONE_R_AS,
        )
        self.store.save_vnf(records.make_vnf("v1", policies=(policy,)))
        none = "no other member could take over: there is none"
        self.assertEqual(("1R-AS", "0R", none), self._mechanism())
        member = model.Member(
            id="m",
            group_id="v1-g",
            server_id="s",
            role=states.Role.JOINING,
            kind="server",
        )
        self.store.save_member(member)
        joins = "no other member could take over: one is joining"
        self.assertEqual(("1R-AS", "0R", joins), self._mechanism())
        self.store.save_member(
            dataclasses.replace(member, role=states.Role.STANDBY)
        )
        self.assertEqual(("1R-AS", "1R-AS", ""), self._mechanism())

    def _mechanism(self) -> tuple[str, str, str]:
        (group,) = self.ask("GET", "/v1/vnfs/v1").json["groups"]
        return (
            group["mechanism"],
            group["mechanism_in_force"],
            group["mechanism_reason"],
        )

    def test_shown_without_an_engine(self) -> None:
        self.engine.probes.side_effect = errors.NoAnswer("none")
        (group,) = self.ask("GET", "/v1/vnfs/v1").json["groups"]
        self.assertIsNone(group["probes"])

    def test_what_is_not_yours_is_not_there(self) -> None:
        for method, path in (
            ("GET", "/v1/vnfs/v1"),
            ("DELETE", "/v1/vnfs/v1"),
            ("GET", "/v1/checkpoints?vnf=v1"),
            ("GET", "/v1/checkpoints/v1-c1"),
            ("DELETE", "/v1/checkpoints/v1-c1"),
        ):
            foreign = self.ask(method, path, base.MEMBER, "project-b")
            self.assert_error(foreign, 404, "There is no")
            missing = self.ask(
                method, path.replace("v1", "v9").replace("/v9/", "/v1/")
            )
            self.assert_error(missing, 404, "There is no")
        self.assertEqual(200, self.ask("GET", "/v1/vnfs/v1").status_code)

    def test_unregister(self) -> None:
        refused = self.ask("DELETE", "/v1/vnfs/v1", base.READER)
        self.assert_error(refused, 403, "nham:vnf:unregister")
        self.engine.unregister_vnf.assert_not_called()
        done = self.ask("DELETE", "/v1/vnfs/v1", base.MEMBER)
        self.assertEqual(204, done.status_code)
        self.engine.unregister_vnf.assert_called_once_with("v1")


class WhyTest(base.ApiCase):
    """GET /v1/vnfs/{id}/why."""

    def setUp(self) -> None:
        super().setUp()
        self.given_vnf("v1")
        self.given_vnf("v2")
        self.engine.why.return_value = [{"rule": "healthy"}]

    def test_all(self) -> None:
        found = self.ask("GET", "/v1/vnfs/v1/why", base.READER)
        self.assertEqual({"outlooks": [{"rule": "healthy"}]}, found.json)
        self.engine.why.assert_called_once_with("v1", None, "all")

    def test_one(self) -> None:
        path = "/v1/vnfs/v1/why?fault=vm&group=v1-g"
        self.assertEqual(200, self.ask("GET", path).status_code)
        self.engine.why.assert_called_once_with("v1", "v1-g", "vm")

    def test_what_is_refused(self) -> None:
        why = "/v1/vnfs/v1/why"
        answer = self.ask("GET", f"{why}?group=v2-g")
        self.assert_error(answer, 404, "There is no replica group v2-g")
        self.assert_error(self.ask("GET", f"{why}?vnfc=x"), 400, "vnfc")
        answer = self.ask("GET", why, base.MEMBER, "project-b")
        self.assert_error(answer, 404, "There is no VNF v1")
        self.engine.why.assert_not_called()
        self.engine.why.side_effect = errors.BadRequest("fault: must be")
        answer = self.ask("GET", f"{why}?fault=site")
        self.assert_error(answer, 400, "fault: must be")


class RegisterTest(base.ApiCase):
    """POST /v1/vnfs."""

    def test_register(self) -> None:
        self.given_vnf("v1")
        self.engine.register_vnf.return_value = "v1"
        made = self.ask("POST", "/v1/vnfs", base.MEMBER, json=REGISTER)
        self.assertEqual(201, made.status_code)
        self.assertEqual("v1", made.json["id"])
        self.assertTrue(made.headers["location"].endswith("/v1/vnfs/v1"))
        self.engine.register_vnf.assert_called_once_with(
            project_id="project-a", **REGISTER
        )

    def test_wrong_bodies(self) -> None:
        for change, told in (
            ({"name": ""}, "name: must be text of 1 to 255 characters"),
            ({"name": None}, "name: is required"),
            ({"nmae": "x"}, "nmae: no such field"),
            ({"servers": {}}, "servers: must be an object"),
            ({"servers": {"VDU1": []}}, "servers: must be an object"),
            ({"servers": {"VDU1": [1]}}, "servers: must be an object"),
        ):
            with self.subTest(change=change):
                body = {**REGISTER, **change}
                answer = self.ask("POST", "/v1/vnfs", json=body)
                self.assert_error(answer, 400, told)
        answer = self.ask("POST", "/v1/vnfs", body="{")
        self.assert_error(answer, 400, "")

    def test_the_engine_refuses(self) -> None:
        refusal = errors.BadRequest("servers: no VDU X in descriptor")
        self.engine.register_vnf.side_effect = refusal
        answer = self.ask("POST", "/v1/vnfs", json=REGISTER)
        self.assert_error(answer, 400, "servers: no VDU X in descriptor")

    def test_no_engine(self) -> None:
        self.engine.register_vnf.side_effect = errors.NoAnswer("No engine")
        answer = self.ask("POST", "/v1/vnfs", json=REGISTER)
        self.assert_error(answer, 503, "No engine")

    def test_a_reader_may_not(self) -> None:
        answer = self.ask("POST", "/v1/vnfs", base.READER, json=REGISTER)
        self.assert_error(answer, 403, "nham:vnf:register")


class ActionTest(base.ApiCase):
    """POST /v1/vnfs/{id}/action."""

    def setUp(self) -> None:
        super().setUp()
        self.given_vnf("v1", state=states.VnfState.PROTECTED)

    def test_pause_and_resume(self) -> None:
        shown = self._act({"pause": {}}).json
        self.assertEqual((True, "paused"), (shown["paused"], shown["state"]))
        self.assertEqual("paused by user ann", shown["reason"])
        shown = self._act({"resume": {}}).json
        self.assertEqual(
            (False, "protected", ""),
            (shown["paused"], shown["state"], shown["reason"]),
        )
        kinds = [event.kind for event in self.store.events()]
        self.assertEqual(["paused", "resumed"], kinds)

    def test_switchover(self) -> None:
        claimed = records.make_recovery("r1")
        self.assertIsNotNone(self.store.claim(claimed, 0))
        self.engine.switchover_vnf.return_value = ["r1"]
        answer = self._act({"switchover": {"group_id": "v1-g"}})
        self.assertEqual(202, answer.status_code)
        self.assertEqual(
            ["r1"], [one["id"] for one in answer.json["recoveries"]]
        )
        self.engine.switchover_vnf.assert_called_once_with("v1", "v1-g")

    def test_failback(self) -> None:
        claimed = records.make_recovery("r1")
        self.assertIsNotNone(self.store.claim(claimed, 0))
        self.engine.failback_vnf.return_value = ["r1"]
        answer = self._act({"failback": {}})
        self.assertEqual(202, answer.status_code)
        self.assertEqual(
            ["r1"], [one["id"] for one in answer.json["recoveries"]]
        )
        self.engine.failback_vnf.assert_called_once_with("v1", None)
        self.engine.failback_vnf.side_effect = errors.Conflict("serves")
        self.assert_error(self._act({"failback": {}}), 409, "serves")

    def test_anothers_vnfc_is_not_moved(self) -> None:
        self.given_vnf("v2")
        for name in ("switchover", "failback"):
            answer = self._act({name: {"group_id": "v2-g"}})
            self.assert_error(answer, 404, "replica group")
        self.engine.switchover_vnf.assert_not_called()
        self.engine.failback_vnf.assert_not_called()

    def test_other_states_stay(self) -> None:
        self.store.set_vnf_state("v1", states.VnfState.RECOVERING, "why")
        shown = self._act({"pause": {}}).json
        self.assertEqual(
            (True, "recovering", "why"),
            (shown["paused"], shown["state"], shown["reason"]),
        )

    def test_protect(self) -> None:
        self._act({"protect": {"descriptor": "text"}})
        self.engine.protect_vnf.assert_called_with("v1", "text")
        self._act({"protect": {}})
        self.engine.protect_vnf.assert_called_with("v1", None)

    def test_set(self) -> None:
        values = {"sal": 2, "detection.poll_interval": "250 ms"}
        given = {"vdu": "VDU1", "properties": values, "unset": ["priority"]}
        answer = self._act({"set": given})
        self.assertEqual("v1", answer.json["id"])
        self.engine.set_vnf.assert_called_with(
            "v1", "VDU1", values, ["priority"], "ann"
        )
        self._act({"set": {}})
        self.engine.set_vnf.assert_called_with("v1", None, {}, [], "ann")

    def test_set_wrongly(self) -> None:
        for given, told in (
            ({"properties": ["sal"]}, "set.properties: must be an object"),
            ({"properties": {"": 1}}, "set.properties: must be an object"),
            ({"unset": "sal"}, "set.unset: must be a list of paths"),
            ({"unset": [1]}, "set.unset: must be a list of paths"),
            ({"vdu": 1}, "set.vdu: must be text"),
            ({"policy": 1}, "set.policy: no such field"),
        ):
            self.assert_error(self._act({"set": given}), 400, told)
        self.engine.set_vnf.assert_not_called()
        refusal = errors.BadRequest("sal: must be an integer")
        self.engine.set_vnf.side_effect = refusal
        answer = self._act({"set": {"properties": {"sal": "x"}}})
        self.assert_error(answer, 400, "sal: must be an integer")

    def test_wrong_actions(self) -> None:
        self.assert_error(self._act({"jump": {}}), 400, "no such action")
        self.assert_error(self._act({}), 400, "one of protect, set, pause")
        self.assert_error(
            self._act({"pause": {"for": 5}}), 400, "pause.for: no such field"
        )

    def test_a_reader_may_not(self) -> None:
        for name in ("protect", "set", "pause", "resume", "failback"):
            answer = self.ask(
                "POST", "/v1/vnfs/v1/action", base.READER, json={name: {}}
            )
            self.assert_error(answer, 403, f"nham:vnf:{name}")

    def _act(self, body: dict[str, object]) -> testing.Result:
        return self.ask("POST", "/v1/vnfs/v1/action", base.MEMBER, json=body)
