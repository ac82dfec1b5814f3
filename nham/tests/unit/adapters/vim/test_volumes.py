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

"""What is asked of Cinder for a copy of a volume."""

from __future__ import annotations

from typing import Any

from nham.adapters import errors
from nham.adapters.vim import openstack
from nham.tests.unit.adapters import rest_case

CINDER = rest_case.CINDER
GLANCE = rest_case.GLANCE


class VolumeCopiesTest(rest_case.RestCase):
    """Each test changes the volume that is copied, or what there is."""

    def setUp(self) -> None:
        super().setUp()
        self.vim = openstack.OpenStackVim(self.cloud)
        self.like: dict[str, Any] = {
            "id": "v1",
            "size": 3,
            "volume_type": "fast",
            "volume_image_metadata": {"image_id": "i1"},
            "snapshot_id": None,
            "source_volid": None,
            "os-vol-host-attr:host": "one@lvm#pool",
        }
        self.volumes: list[dict[str, Any]] = []
        self.snapshots: list[dict[str, Any]] = []
        self.pool = "iSCSI"
        get = self.web.get
        get(f"{CINDER}/volumes/v1", json=lambda *_: {"volume": self.like})
        get(
            f"{CINDER}/volumes/detail?name=mine&all_tenants=1",
            json=lambda *_: {"volumes": self.volumes},
        )
        get(
            f"{CINDER}/snapshots/detail?name=mine&all_tenants=1",
            json=lambda *_: {"snapshots": self.snapshots},
        )
        get(
            f"{CINDER}/scheduler-stats/get_pools",
            json=lambda *_: {
                "pools": [
                    {
                        "name": "one@lvm#pool",
                        "capabilities": {"storage_protocol": self.pool},
                    }
                ]
            },
        )
        get(f"{GLANCE}/images/i1", json={"id": "i1", "status": "active"})
        self.made = self.web.post(
            f"{CINDER}/volumes", json={"volume": {"id": "v2"}}
        )
        self.snapped = self.web.post(
            f"{CINDER}/snapshots", json={"snapshot": {"id": "s1"}}
        )

    def ask(self) -> str:
        """Ask for the copy."""
        return self.vim.copy_volume("v1", "mine", "of a test")

    def wish(self) -> Any:
        """Ask, and return what Cinder was asked to make."""
        self.assertRaises(errors.Conflict, self.ask)
        return self.made.request_history[-1].json()["volume"]

    def assert_snapped(self) -> None:
        """The copy begins with a snapshot."""
        self.assertRaises(errors.Conflict, self.ask)
        self.assertFalse(self.made.called)
        self.assertEqual(
            {
                "volume_id": "v1",
                "name": "mine",
                "description": "of a test",
                "force": True,
            },
            self.snapped.request_history[-1].json()["snapshot"],
        )

    def test_of_its_image(self) -> None:
        self.assertEqual(
            {
                "name": "mine",
                "description": "of a test",
                "size": 3,
                "volume_type": "fast",
                "imageRef": "i1",
            },
            self.wish(),
        )

    def test_of_a_snapshot_that_is_named(self) -> None:
        def ask() -> str:
            return self.vim.copy_volume("v1", "mine", "of a test", "n1")

        self.assertRaises(errors.Conflict, ask)
        self.assertEqual(
            {
                "name": "mine",
                "description": "of a test",
                "size": 3,
                "volume_type": "fast",
                "snapshot_id": "n1",
            },
            self.made.request_history[-1].json()["volume"],
        )
        self.assertFalse(self.snapped.called)

    def test_one_that_is_being_made(self) -> None:
        for status in ("creating", "downloading"):
            self.volumes = [{"id": "v2", "status": status}]
            self.assertRaises(errors.Conflict, self.ask)
        self.assertFalse(self.made.called)

    def test_one_that_is_there(self) -> None:
        gone = self.web.delete(f"{CINDER}/snapshots/s1", status_code=202)
        self.snapshots = [{"id": "s1", "status": "available"}]
        self.snapshots[0]["volume_id"] = "v1"
        for status in ("available", "in-use"):
            self.volumes = [{"id": "v2", "status": status}]
            self.assertEqual("v2", self.ask())
        self.assertTrue(gone.called)

    def test_one_that_is_going_does_not_count(self) -> None:
        self.volumes = [{"id": "v2", "status": "deleting"}]
        self.assertEqual("i1", self.wish()["imageRef"])

    def test_one_that_failed_is_removed(self) -> None:
        gone = self.web.delete(f"{CINDER}/volumes/v2", status_code=202)
        self.volumes = [{"id": "v2", "status": "error"}]
        failure = self.assertRaises(errors.Refused, self.ask)
        self.assertIn("error", str(failure))
        self.assertTrue(gone.called)

    def test_without_an_image(self) -> None:
        self.like["volume_image_metadata"] = {}
        self.assert_snapped()

    def test_image_is_gone(self) -> None:
        self.web.get(f"{GLANCE}/images/i1", status_code=404)
        self.assert_snapped()

    def test_one_that_was_made_of_another_volume(self) -> None:
        for key in ("snapshot_id", "source_volid"):
            self.like |= {"snapshot_id": None, "source_volid": None}
            self.like[key] = "x"
            self.assert_snapped()

    def test_of_its_snapshot(self) -> None:
        del self.like["volume_image_metadata"]
        self.snapshots = [
            {"id": "s1", "status": "creating", "volume_id": "v1"}
        ]
        self.assertRaises(errors.Conflict, self.ask)
        self.assertFalse(self.made.called)
        self.snapshots[0]["status"] = "available"
        wish = self.wish()
        self.assertEqual("s1", wish["snapshot_id"])
        self.assertNotIn("imageRef", wish)
        self.assertFalse(self.snapped.called)

    def test_snapshot_that_failed_is_removed(self) -> None:
        del self.like["volume_image_metadata"]
        gone = self.web.delete(f"{CINDER}/snapshots/s1", status_code=202)
        self.snapshots = [{"id": "s1", "status": "error", "volume_id": "v1"}]
        self.assertRaises(errors.Refused, self.ask)
        self.assertTrue(gone.called)

    def test_backend_that_is_not_to_have_a_snapshot(self) -> None:
        del self.like["volume_image_metadata"]
        self.pool = "nfs"
        failure = self.assertRaises(errors.Refused, self.ask)
        self.assertIn("nfs", str(failure))
        self.assertFalse(self.snapped.called)
