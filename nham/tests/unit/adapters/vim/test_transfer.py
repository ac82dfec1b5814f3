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

"""What is asked of Cinder to make an image of a snapshot."""

from __future__ import annotations

from typing import Any

from nham.adapters import errors
from nham.adapters.vim import openstack
from nham.tests.unit.adapters import rest_case

GLANCE, CINDER = rest_case.GLANCE, rest_case.CINDER


class TransferTest(rest_case.RestCase):
    """From a snapshot to an image, step by step."""

    def setUp(self) -> None:
        super().setUp()
        self.vim = openstack.OpenStackVim(self.cloud)
        self.images: list[dict[str, Any]] = []
        self.volumes: list[dict[str, Any]] = []
        self.web.get(
            f"{GLANCE}/images", json=lambda *_: {"images": self.images}
        )
        self.web.get(
            f"{CINDER}/volumes/detail",
            json=lambda *_: {"volumes": self.volumes},
        )
        self.web.get(
            f"{CINDER}/snapshots/n1",
            json={
                "snapshot": {
                    "id": "n1",
                    "status": "available",
                    "volume_id": "v1",
                    "size": 2,
                }
            },
        )

    def ask(self) -> str:
        """Ask for the image."""
        return self.vim.image_from_snapshot("n1", "mine")

    def test_first_a_volume_is_made(self) -> None:
        self.web.post(f"{CINDER}/volumes", status_code=202, json={})
        self.assertRaises(errors.Conflict, self.ask)
        self.assertEqual(
            {"snapshot_id": "n1", "name": "mine", "size": 2},
            self.last.json()["volume"],
        )

    def test_then_it_is_waited_for(self) -> None:
        self.volumes = [{"id": "v2", "status": "creating"}]
        self.assertRaises(errors.Conflict, self.ask)

    def test_then_it_is_uploaded(self) -> None:
        self.volumes = [{"id": "v2", "status": "available"}]
        self.web.post(
            f"{CINDER}/volumes/v2/action",
            json={"os-volume_upload_image": {"image_id": "i2"}},
        )
        self.assertEqual("i2", self.ask())

    def test_while_it_is_read_it_stays(self) -> None:
        self.images = [{"id": "i2", "status": "saving"}]
        self.volumes = [{"id": "v2", "status": "uploading"}]
        self.assertEqual("i2", self.ask())
        self.images = [{"id": "i2", "status": "active"}]
        self.assertRaises(errors.Conflict, self.ask)

    def test_at_last_it_is_removed(self) -> None:
        self.images = [{"id": "i2", "status": "active"}]
        self.volumes = [
            {"id": "v1", "status": "deleting"},
            {"id": "v2", "status": "available"},
        ]
        removed = self.web.delete(f"{CINDER}/volumes/v2", status_code=202)
        self.assertEqual("i2", self.ask())
        self.assertEqual(1, removed.call_count)
        self.volumes = []
        self.assertEqual("i2", self.ask())

    def test_broken_one_is_removed_and_refused(self) -> None:
        self.volumes = [{"id": "v2", "status": "error"}]
        removed = self.web.delete(f"{CINDER}/volumes/v2", status_code=202)
        self.assertRaises(errors.Refused, self.ask)
        self.assertEqual(1, removed.call_count)
