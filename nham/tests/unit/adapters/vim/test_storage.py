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

"""What is asked of Glance and Cinder, and what becomes of the answers."""

from __future__ import annotations

from nham.adapters import errors
from nham.adapters.vim import openstack
from nham.tests.unit.adapters import rest_case

GLANCE, CINDER = rest_case.GLANCE, rest_case.CINDER


class StorageCase(rest_case.RestCase):
    """A driver that asks Glance and Cinder."""

    def setUp(self) -> None:
        super().setUp()
        self.vim = openstack.OpenStackVim(self.cloud)


class ImageTest(StorageCase):
    """Images."""

    def test_image_without_hash_has_no_digest(self) -> None:
        self.web.get(
            f"{GLANCE}/images/i1", json={"id": "i1", "status": "queued"}
        )
        image = self.vim.image("i1")
        self.assertEqual((None, 0), (image.digest, image.size))

    def test_share_image(self) -> None:
        self.web.patch(f"{GLANCE}/images/i1", json={})
        self.vim.share_image("i1", "p1")
        self.assertEqual(
            "application/openstack-images-v2.1-json-patch",
            self.last.headers["Content-Type"],
        )
        self.assertEqual(
            [{"op": "replace", "path": "/owner", "value": "p1"}],
            self.last.json(),
        )


class SnapshotTest(StorageCase):
    """Cinder says 400 where it means 409."""

    def setUp(self) -> None:
        super().setUp()
        self.url = f"{CINDER}/snapshots/n1"
        self.web.delete(
            self.url,
            status_code=400,
            text="Invalid snapshot: Snapshot status must be available",
        )

    def test_delete_while_it_is_made(self) -> None:
        body = {"id": "n1", "status": "creating", "volume_id": "v1"}
        self.web.get(self.url, json={"snapshot": body})
        self.assertRaises(errors.Conflict, self.vim.delete_snapshot, "n1")

    def test_delete_twice(self) -> None:
        body = {"id": "n1", "status": "deleting", "volume_id": "v1"}
        self.web.get(self.url, json={"snapshot": body})
        self.vim.delete_snapshot("n1")
        self.web.get(self.url, status_code=404)
        self.vim.delete_snapshot("n1")

    def test_delete_that_failed_once(self) -> None:
        body = {"id": "n1", "status": "error_deleting", "volume_id": "v1"}
        self.web.get(self.url, json={"snapshot": body})
        self.web.delete(
            self.url,
            [
                {"status_code": 400, "text": "Invalid snapshot: status"},
                {"status_code": 202},
            ],
        )
        reset = self.web.post(f"{self.url}/action", status_code=202)
        self.vim.delete_snapshot("n1")
        self.assertEqual(1, reset.call_count)
        self.assertEqual("DELETE", self.last.method)


class VolumeTest(StorageCase):
    """What Cinder tells of a volume."""

    def test_what_it_was_made_of(self) -> None:
        body = {
            "id": "v1",
            "status": "in-use",
            "snapshot_id": "n1",
            "volume_image_metadata": {"image_id": "i1"},
        }
        self.web.get(f"{CINDER}/volumes/v1", json={"volume": body})
        found = self.vim.volume("v1")
        self.assertEqual(
            ("in-use", "n1", "i1"),
            (found.status, found.snapshot_id, found.image_id),
        )
        self.web.get(f"{CINDER}/volumes/detail", json={"volumes": [body]})
        self.assertEqual([found], list(self.vim.volumes_of("n1")))
        self.assertEqual(
            {"snapshot_id": ["n1"], "all_tenants": ["1"]}, self.last.qs
        )


class BackendTest(StorageCase):
    """Backends that cannot put an image into a volume in place."""

    def test_protocols(self) -> None:
        pools = self.web.get(
            f"{CINDER}/scheduler-stats/get_pools",
            json={
                "pools": [
                    {
                        "name": name,
                        "capabilities": {"storage_protocol": protocol},
                    }
                    for name, protocol in (
                        ("c@a#a", "NFS"),
                        ("c@b#b", ["ceph", "rbd"]),
                        ("c@c#c", None),
                    )
                ]
            },
        )
        for name, bad in (("c@a#a", True), ("c@b#b", False), ("c@c#c", False)):
            self.web.get(
                f"{CINDER}/volumes/v1",
                json={"volume": {"id": "v1", "os-vol-host-attr:host": name}},
            )
            self.assertEqual(bad, bool(self.vim.reimage_trouble("v1")))
        self.assertEqual(1, pools.call_count)
