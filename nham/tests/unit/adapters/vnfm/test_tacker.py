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


"""What ``TackerVnfm`` sends, and what it makes of the answers."""

from __future__ import annotations

from typing import Any

from nham.adapters import errors
from nham.adapters.simulated import clock
from nham.adapters.vnfm import base as vnfm_base
from nham.adapters.vnfm import none
from nham.adapters.vnfm import tacker
from nham.tests import base
from nham.tests.unit.adapters import rest_case

LCM = f"{rest_case.TACKER}/vnflcm/v2"
PACKAGES = f"{rest_case.TACKER}/vnfpkgm/v1/vnf_packages"

INFO = {
    "vnfcResourceInfo": [
        {
            "id": "r2",
            "computeResource": {"resourceId": "s2"},
            "metadata": {"vdu_idx": 1},
        },
        {
            "id": "r1",
            "computeResource": {"resourceId": "s1"},
            "metadata": {"vdu_idx": 0},
        },
    ],
    "vnfcInfo": [
        {"id": "VDU1-s2", "vduId": "VDU1", "vnfcResourceInfoId": "r2"},
        {"id": "VDU1-s1", "vduId": "VDU1", "vnfcResourceInfoId": "r1"},
        {"id": "VDU1-gone", "vduId": "VDU1"},
    ],
}


def instance(**fields: Any) -> dict[str, Any]:
    """Return an instance as Tacker shows it."""
    return {
        "id": "v1",
        "vnfInstanceName": "vnf",
        "vnfdId": "d1",
        "instantiationState": "INSTANTIATED",
        "instantiatedVnfInfo": INFO,
        "vimConnectionInfo": {
            "vim1": {
                "accessInfo": {"project": "demo", "projectDomain": "Default"}
            }
        },
        **fields,
    }


def operation(kind: str, start: str, **fields: Any) -> dict[str, Any]:
    """Return an operation as Tacker shows it."""
    return {
        "id": f"op-{kind}",
        "vnfInstanceId": "v1",
        "operation": kind,
        "operationState": "COMPLETED",
        "startTime": start,
        "stateEnteredTime": start,
        **fields,
    }


class TackerTest(rest_case.RestCase):
    """``TackerVnfm``."""

    def setUp(self) -> None:
        super().setUp()
        # Its wall clock says 2023-11-14T22:13:20Z.
        self.clock = clock.VirtualClock()
        self.vnfm = tacker.TackerVnfm(self.cloud, time=self.clock)
        self.web.get(
            f"{rest_case.KEYSTONE}/domains",
            json={"domains": [{"id": "default"}]},
        )
        self.projects = self.web.get(
            f"{rest_case.KEYSTONE}/projects", json={"projects": [{"id": "p1"}]}
        )

    def instance(self, **fields: Any) -> vnfm_base.VnfRecord:
        """Return the record of an instance with these fields."""
        self.web.get(f"{LCM}/vnf_instances/v1", json=instance(**fields))
        return self.vnfm.vnf("v1")

    def operations(self, *bodies: dict[str, Any]) -> None:
        """Set the operations of the instance."""
        self.web.get(f"{LCM}/vnf_lcm_op_occs", json=list(bodies))

    def test_instance(self) -> None:
        vnf = self.instance()
        self.assertEqual(("vnf", "d1", "p1"), vars_of(vnf))
        self.assertEqual(
            "2.0.0", self.web.request_history[0].headers["Version"]
        )
        self.assertEqual(
            [("VDU1-0", "s1", "VDU1-s1"), ("VDU1-1", "s2", "VDU1-s2")],
            [(one.name, one.server_id, one.vnfc_id) for one in vnf.vnfcs],
        )

    def test_project(self) -> None:
        self.instance()
        self.instance()
        self.assertEqual(1, self.projects.call_count)
        self.assertEqual("", self.instance(vimConnectionInfo={}).project_id)

    def test_not_instantiated(self) -> None:
        body = instance(instantiationState="NOT_INSTANTIATED")
        for field in ("instantiatedVnfInfo", "vnfInstanceName"):
            del body[field]
        self.web.get(f"{LCM}/vnf_instances/v1", json=body)
        vnf = self.vnfm.vnf("v1")
        self.assertFalse(vnf.instantiated)
        self.assertEqual(("v1", ()), (vnf.name, vnf.vnfcs))

    def test_list_goes_on_to_the_next_page(self) -> None:
        url = f"{LCM}/vnf_instances"
        following = f"{url}?nextpage_opaque_marker=2"
        self.web.get(
            url,
            json=[instance()],
            headers={"Link": f'<{following}>; rel="next"'},
        )
        self.web.get(following, json=[instance(id="v2")])
        self.assertEqual(["v1", "v2"], [one.id for one in self.vnfm.vnfs()])

    def test_vnfd(self) -> None:
        self.web.get(PACKAGES, json=[{"id": "k1"}])
        self.web.get(f"{PACKAGES}/k1/vnfd", content=b"PK zip")
        self.assertEqual(b"PK zip", self.vnfm.vnfd("d1"))
        self.assertEqual("application/zip", self.last.headers["Accept"])
        self.web.get(PACKAGES, json=[])
        self.assertRaises(errors.NotFound, self.vnfm.vnfd, "d2")

    def test_operations_newest_first(self) -> None:
        self.operations(
            operation("INSTANTIATE", "2023-11-14T22:13:20Z"),
            operation(
                "HEAL", "2023-11-14T22:13:30Z", operationState="FAILED_TEMP"
            ),
        )
        newest, oldest = self.vnfm.operations("v1")
        self.assertEqual(1_700_000_010.0, newest.at)
        self.assertTrue(newest.stuck)
        self.assertEqual("INSTANTIATE", oldest.kind)

    def heal(self, image_id: str | None) -> Any:
        """Heal the first VNFC; return what was sent."""
        self.web.post(
            f"{LCM}/vnf_instances/v1/heal",
            status_code=202,
            headers={"Location": f"{LCM}/vnf_lcm_op_occs/op1"},
        )
        vnfc = self.instance().vnfcs[0]
        self.assertEqual("op1", self.vnfm.heal("v1", vnfc, image_id))
        return self.last.json()

    def test_heal_repeats_the_user_data_and_names_the_image(self) -> None:
        user_data = {
            "lcm-operation-user-data": "./UserData/x.py",
            "lcm-operation-user-data-class": "X",
        }
        self.operations(
            operation(
                "INSTANTIATE",
                "2023-11-14T22:13:20Z",
                operationParams={
                    "additionalParams": {**user_data, "other": 1}
                },
            )
        )
        self.assertEqual(
            {
                "vnfcInstanceId": ["VDU1-s1"],
                "additionalParams": {
                    **user_data,
                    "nfv": {"VDU": {"VDU1-0": {"vcImageId": "i1"}}},
                },
            },
            self.heal("i1"),
        )

    def test_heal_without_image_or_user_data(self) -> None:
        self.operations()
        self.assertEqual({}, self.heal(None)["additionalParams"])

    def test_heal_waits_for_what_runs_or_is_stuck(self) -> None:
        vnfc = self.instance().vnfcs[0]
        for state in ("STARTING", "PROCESSING", "FAILED_TEMP"):
            self.operations(
                operation(
                    "SCALE", "2023-11-14T22:13:20Z", operationState=state
                )
            )
            self.assertRaises(
                errors.Conflict, self.vnfm.heal, "v1", vnfc, None
            )

    def test_operation_that_never_started_is_over(self) -> None:
        self.operations(
            operation(
                "HEAL", "2023-11-14T22:13:20Z", operationState="STARTING"
            )
        )
        self.assertTrue(self.vnfm.operations("v1")[0].running)
        self.clock.advance(tacker.ABANDONED + 1)
        self.assertEqual("ROLLED_BACK", self.vnfm.operations("v1")[0].state)
        self.heal(None)

    def test_fail_operation(self) -> None:
        url = f"{LCM}/vnf_lcm_op_occs/op1/fail"
        self.web.post(url, json={})
        self.vnfm.fail_operation("op1")
        self.web.post(url, status_code=409)
        self.assertRaises(errors.Conflict, self.vnfm.fail_operation, "op1")

    def test_stuck_operations(self) -> None:
        self.operations(
            operation(
                "HEAL",
                "2023-11-14T22:13:20Z",
                operationState="FAILED_TEMP",
                stateEnteredTime="2023-11-14T22:13:50Z",
                error={"status": 500, "detail": "no"},
            ),
            operation("SCALE", "2023-11-14T22:13:20Z", error=None),
        )
        heal, scale = self.vnfm.stuck_operations()
        self.assertEqual(
            ["(eq,operationstate,failed_temp)"], self.last.qs["filter"]
        )
        self.assertEqual(
            ("v1", "no", 30.0),
            (heal.instance_id, heal.error, heal.since - heal.at),
        )
        self.assertTrue(heal.stuck)
        self.assertEqual("", scale.error)

    def test_retry_operation(self) -> None:
        url = f"{LCM}/vnf_lcm_op_occs/op1/retry"
        self.web.post(url, status_code=202)
        self.vnfm.retry_operation("op1")
        self.web.post(url, status_code=409)
        self.assertRaises(errors.Conflict, self.vnfm.retry_operation, "op1")

    def test_subscribe_once(self) -> None:
        url = f"{LCM}/subscriptions"
        self.web.get(url, json=[])
        made = self.web.post(url, status_code=201, json={"id": "1"})
        self.vnfm.subscribe("http://me/", "u", "p")
        self.assertEqual("http://me/", self.last.json()["callbackUri"])
        self.assertEqual(
            {"userName": "u", "password": "p"},
            self.last.json()["authentication"]["paramsBasic"],
        )
        self.web.get(url, json=[{"callbackUri": "http://me/"}])
        self.vnfm.subscribe("http://me/", "u", "p")
        self.assertEqual(1, made.call_count)


class NoVnfmTest(base.TestCase):
    """The driver for VNFs that nobody manages."""

    def test_knows_nothing(self) -> None:
        vnfm = none.NoVnfm()
        vnfc = vnfm_base.VnfcRecord(
            vnfc_id="x", vdu="VDU1", index=0, server_id="s"
        )
        self.assertEqual([], list(vnfm.vnfs()))
        self.assertEqual([], list(vnfm.stuck_operations()))
        for ask in (
            vnfm.vnf,
            vnfm.vnfd,
            vnfm.operations,
            vnfm.fail_operation,
            vnfm.retry_operation,
        ):
            self.assertRaises(errors.NotFound, ask, "x")
        self.assertRaises(errors.Refused, vnfm.heal, "x", vnfc, None)
        vnfm.subscribe("http://me/", "u", "p")


def vars_of(vnf: vnfm_base.VnfRecord) -> tuple[str, str, str]:
    """Return what names a VNF."""
    return vnf.name, vnf.vnfd_id, vnf.project_id
