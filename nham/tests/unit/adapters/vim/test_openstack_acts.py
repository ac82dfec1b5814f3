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


"""What ``OpenStackVim`` does to servers and hosts."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from nham.adapters import errors
from nham.adapters.vim import base as vim_base
from nham.tests.unit.adapters import rest_case
from nham.tests.unit.adapters.vim import vim_case

NOVA = rest_case.NOVA


class HostTest(vim_case.VimCase):
    """Compute services."""

    def setUp(self) -> None:
        super().setUp()
        self.web.get(
            f"{NOVA}/os-services",
            json={
                "services": [
                    {
                        "id": "7",
                        "host": "cmp1",
                        "state": "down",
                        "status": "disabled",
                        "forced_down": True,
                        "updated_at": "2023-11-14T22:13:20.000000",
                    }
                ]
            },
        )

    def test_services(self) -> None:
        self.web.get(
            f"{NOVA}/os-hypervisors/detail",
            json={
                "hypervisors": [
                    {"service": {"host": "cmp1"}, "host_ip": "10.99.0.11"}
                ]
            },
        )
        (found,) = self.vim.services()
        self.assertEqual(
            vim_base.ComputeService(
                host="cmp1",
                up=False,
                forced_down=True,
                enabled=False,
                address="10.99.0.11",
                seen_at=1_700_000_000.0,
            ),
            found,
        )

    def test_hypervisors_may_fail_and_are_not_asked_each_time(self) -> None:
        calls = self.web.get(f"{NOVA}/os-hypervisors/detail", status_code=503)
        for _time in range(3):
            self.clock.advance(20)
            self.assertIsNone(self.vim.services()[0].address)
        self.assertEqual(1, calls.call_count)
        self.clock.advance(60)
        self.vim.services()
        self.assertEqual(2, calls.call_count)

    def test_force_down(self) -> None:
        self.web.put(f"{NOVA}/os-services/7", json={})
        self.vim.force_down("cmp1", True)
        self.assertEqual({"forced_down": True}, self.last.json())
        self.assertEqual("compute 2.53", self.version())

    def test_lift_too_early_is_a_conflict(self) -> None:
        self.web.put(
            f"{NOVA}/os-services/7",
            status_code=400,
            text="Unable to force up host cmp1 as `done` evacuation ...",
        )
        self.assertRaises(errors.Conflict, self.vim.force_down, "cmp1", False)


class ActTest(vim_case.VimCase):
    """Requests, each with its microversion."""

    def act(self, status: int = 202, **answer: Any) -> None:
        """Set the answer of the server's actions."""
        self.web.post(
            f"{NOVA}/servers/s1/action", status_code=status, **answer
        )

    def test_bodies_and_microversions(self) -> None:
        force = {"host": "cmp2", "force": True}
        vim = self.vim
        self.act()
        asked: list[tuple[Callable[[], None], Any, Any]] = [
            (lambda: vim.reboot("s1", True), {"reboot": {"type": "HARD"}}, 0),
            (lambda: vim.reboot("s1", False), {"reboot": {"type": "SOFT"}}, 0),
            (lambda: vim.start("s1"), {"os-start": None}, 0),
            (lambda: vim.stop("s1"), {"os-stop": None}, 0),
            (
                lambda: vim.reset_state("s1"),
                {"os-resetState": {"state": "error"}},
                0,
            ),
            (
                lambda: vim.rebuild("s1", "i2"),
                {"rebuild": {"imageRef": "i2"}},
                "2.93",
            ),
            (lambda: vim.evacuate("s1"), {"evacuate": {}}, "2.94"),
            (
                lambda: vim.evacuate("s1", start=False),
                {"evacuate": {}},
                "2.95",
            ),
            (
                lambda: vim.evacuate("s1", "cmp2", start=False),
                {"evacuate": {"host": "cmp2"}},
                "2.95",
            ),
            (
                lambda: vim.evacuate("s1", "cmp2", forced=True),
                {"evacuate": force},
                "2.67",
            ),
        ]
        for ask, body, version in asked:
            ask()
            self.assertEqual(body, self.last.json())
            if version:
                self.assertEqual(f"compute {version}", self.version())

    def test_evacuate_too_early_is_a_conflict(self) -> None:
        self.act(400, text="Compute service of cmp1 is still in use.")
        self.assertRaises(errors.Conflict, self.vim.evacuate, "s1")
        self.act(400, text="something else")
        self.assertRaises(errors.Refused, self.vim.evacuate, "s1")

    def test_create_image(self) -> None:
        self.act(json={"image_id": "i2"})
        self.assertEqual("i2", self.vim.create_image("s1", "mine"))
        self.assertEqual("compute 2.45", self.version())

    def test_copy(self) -> None:
        like = vim_case.server(flavor={"id": "42"}, metadata={}, user_id="u1")
        self.web.get(f"{NOVA}/servers/s1", json={"server": like})
        self.web.post(f"{NOVA}/servers", json={"server": {"id": "s2"}})
        self.assertEqual(
            "s2",
            self.vim.copy_server("s1", "mine", "cmp2", ["p1"], "i9", ("t",)),
        )
        sent = self.last.json()["server"]
        self.assertEqual("cmp2", sent["host"])
        self.assertEqual([{"port": "p1"}], sent["networks"])
        self.assertEqual("i9", sent["imageRef"])
        self.assertEqual(["t"], sent["tags"])

    def test_tags(self) -> None:
        self.web.put(f"{NOVA}/servers/s1/tags", json={"tags": ["a"]})
        self.vim.tag_server("s1", ("a",))
        self.assertEqual({"tags": ["a"]}, self.last.json())
        self.assertEqual("compute 2.53", self.version())
        self.web.get(
            f"{NOVA}/servers/s1",
            json={"server": vim_case.server(tags=["a", "b"])},
        )
        self.assertEqual(("a", "b"), self.vim.server("s1").tags)

    def test_delete_keeps_the_volumes(self) -> None:
        url = f"{NOVA}/servers/s1"
        self.web.get(
            f"{url}/os-volume_attachments",
            json={
                "volumeAttachments": [
                    {"volumeId": "v1", "delete_on_termination": True},
                    {"volumeId": "v2", "delete_on_termination": False},
                ]
            },
        )
        keep = self.web.put(f"{url}/os-volume_attachments/v1", status_code=202)
        self.web.delete(url, status_code=204)
        self.vim.delete_server("s1")
        self.assertEqual(1, keep.call_count)
        self.assertEqual(
            {
                "volumeAttachment": {
                    "volumeId": "v1",
                    "delete_on_termination": False,
                }
            },
            keep.request_history[0].json(),
        )
        self.assertEqual("DELETE", self.last.method)
