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


"""What ``OpenStackVim`` sends, and what it makes of the answers."""

from __future__ import annotations

from collections.abc import Callable
import datetime
from typing import Any

from keystoneauth1 import identity
import requests

from nham.adapters import errors
from nham.adapters.simulated import clock
from nham.adapters.vim import base as vim_base
from nham.adapters.vim import openstack
from nham.tests.unit.adapters import rest_case

NOVA, GLANCE, CINDER = rest_case.NOVA, rest_case.GLANCE, rest_case.CINDER
KEYSTONE = rest_case.KEYSTONE
NEUTRON = "http://neutron.example/v2.0"


def server(server_id: str = "s1", **fields: Any) -> dict[str, Any]:
    """Return a server as Nova shows it."""
    return {
        "id": server_id,
        "name": "vm",
        "status": "ACTIVE",
        "tenant_id": "p1",
        "image": {"id": "i1"},
        "addresses": {
            "net0": [
                {"addr": "10.0.0.5", "OS-EXT-IPS:type": "fixed"},
                {"addr": "172.24.4.9", "OS-EXT-IPS:type": "floating"},
            ]
        },
        "OS-EXT-SRV-ATTR:host": "cmp1",
        "OS-EXT-SRV-ATTR:root_device_name": "/dev/vda",
        "OS-EXT-STS:task_state": None,
        "os-extended-volumes:volumes_attached": [],
        **fields,
    }


class VimCase(rest_case.RestCase):
    """A driver, and no server groups."""

    def setUp(self) -> None:
        super().setUp()
        self.clock = clock.VirtualClock()
        self.cloud.network = self.client("network", NEUTRON)
        self.vim = openstack.OpenStackVim(
            self.cloud, timeout=3.0, time=self.clock
        )
        self.groups([])

    def groups(self, groups: list[dict[str, Any]]) -> None:
        """Set the cloud's server groups."""
        self.group_calls = self.web.get(
            f"{NOVA}/os-server-groups", json={"server_groups": groups}
        )


class TokenTest(VimCase):
    """Keystone does not answer, and Nova does."""

    def setUp(self) -> None:
        super().setUp()
        self.session.auth = identity.V3Password(
            auth_url=KEYSTONE,
            username="nham",
            password="secret",  # nosec B106
            user_domain_id="default",
        )
        self.web.get(f"{NOVA}/servers/s1", json={"server": server()})

    def issue(self, seconds: float) -> None:
        """Have Keystone issue a token for so long, and answer no more."""
        now = datetime.datetime.now(datetime.UTC)
        until = now + datetime.timedelta(seconds=seconds)
        token = {
            "methods": ["password"],
            "issued_at": f"{now:%Y-%m-%dT%H:%M:%S}.000000Z",
            "expires_at": f"{until:%Y-%m-%dT%H:%M:%S}.000000Z",
            "user": {"id": "u", "name": "nham", "domain": {"id": "default"}},
        }
        self.tokens = self.web.post(
            f"{KEYSTONE}/auth/tokens",
            [
                {
                    "json": {"token": token},
                    "headers": {"X-Subject-Token": "t1"},
                    "status_code": 201,
                },
                {"exc": requests.ConnectionError("keystone is down")},
            ],
        )
        self.session.get_token()
        self.assertEqual(1, self.tokens.call_count)

    def test_the_token_at_hand_goes_on(self) -> None:
        self.issue(3600.0)
        self.assertEqual("ACTIVE", self.vim.server("s1").status)
        self.assertEqual("t1", self.last.headers["X-Auth-Token"])
        self.assertEqual(1, self.tokens.call_count)

    def test_a_token_that_is_over_is_as_if_nova_were_down(self) -> None:
        self.issue(60.0)
        with self.assertRaisesRegex(errors.Unavailable, "keystone"):
            self.vim.server("s1")

    def test_a_token_that_is_not_taken_any_more(self) -> None:
        """Who checks it at Keystone each time cannot check it now."""
        self.issue(3600.0)
        self.web.get(f"{NOVA}/servers/s1", status_code=503)
        with self.assertRaises(errors.Unavailable):
            self.vim.server("s1")


class ReadTest(VimCase):
    """Records."""

    def test_server(self) -> None:
        self.web.get(f"{NOVA}/servers/s1", json={"server": server()})
        self.assertEqual(
            vim_base.Server(
                id="s1",
                name="vm",
                status="ACTIVE",
                host="cmp1",
                project_id="p1",
                image_id="i1",
                addresses=(
                    vim_base.Address(network="net0", ip="10.0.0.5"),
                    vim_base.Address(
                        network="net0", ip="172.24.4.9", kind="floating"
                    ),
                ),
            ),
            self.vim.server("s1"),
        )

    def test_keystone_has_the_time_out_too(self) -> None:
        self.assertEqual(3.0, self.session.timeout)

    def test_root_volume_comes_first(self) -> None:
        volumes = [{"id": "data"}, {"id": "root"}]
        body = server(image="")
        body["os-extended-volumes:volumes_attached"] = volumes
        self.web.get(f"{NOVA}/servers/s1", json={"server": body})
        self.web.get(
            f"{NOVA}/servers/s1/os-volume_attachments",
            json={
                "volumeAttachments": [
                    {"volumeId": "data", "device": "/dev/vdb"},
                    {"volumeId": "root", "device": "/dev/vda"},
                ]
            },
        )
        found = self.vim.server("s1")
        self.assertTrue(found.volume_backed)
        self.assertEqual(("root", "data"), found.volumes)

    def test_only_strict_affinity_ties_and_it_is_looked_up_once(self) -> None:
        self.groups(
            [
                {"policy": "affinity", "members": ["s1"]},
                {"policy": "soft-affinity", "members": ["s2"]},
            ]
        )
        found = [server("s1"), server("s2"), server("s3")]
        self.web.get(f"{NOVA}/servers/detail", json={"servers": found})
        for _time in range(2):
            self.assertEqual(
                [True, False, False],
                [one.affinity for one in self.vim.changed_servers(None)],
            )
        self.assertEqual(1, self.group_calls.call_count)

    def test_pages_of_server_groups(self) -> None:
        full = [{"policy": "affinity", "members": []}] * 1000
        self.web.get(
            f"{NOVA}/os-server-groups",
            [
                {"json": {"server_groups": full}},
                {
                    "json": {
                        "server_groups": [
                            {"policy": "affinity", "members": ["s1"]}
                        ]
                    }
                },
            ],
        )
        self.web.get(f"{NOVA}/servers/s1", json={"server": server()})
        self.assertTrue(self.vim.server("s1").affinity)
        self.assertEqual(["1000"], self.last.qs["offset"])

    def test_changed_servers_page_by_page(self) -> None:
        pages = [
            {"servers": [server("s1")], "servers_links": [{"rel": "next"}]},
            {"servers": [server("s2", status="DELETED")]},
        ]
        calls = self.web.get(
            f"{NOVA}/servers/detail", [{"json": page} for page in pages]
        )
        found = self.vim.changed_servers(1_700_000_000.9)
        self.assertEqual(["s1", "s2"], [one.id for one in found])
        first, second = calls.request_history
        self.assertEqual(["2023-11-14t22:13:20z"], first.qs["changes-since"])
        self.assertEqual(["1"], first.qs["all_tenants"])
        self.assertEqual(["s1"], second.qs["marker"])

    def test_servers_of_a_name(self) -> None:
        alike = [server("s1", name="vm.1"), server("s2", name="VM.1")]
        calls = self.web.get(f"{NOVA}/servers/detail", json={"servers": alike})
        self.assertEqual(
            ["s1"], [one.id for one in self.vim.find_servers("vm.1")]
        )
        (asked,) = calls.request_history
        self.assertEqual(
            {"name": [r"^vm\.1$"], "all_tenants": ["1"]}, asked.qs
        )

    def test_network_is_that_of_the_same_cloud(self) -> None:
        self.web.get(f"{NEUTRON}/ports", json={"ports": []})
        self.assertEqual([], list(self.vim.ports("s1")))

    def test_actions_newest_first(self) -> None:
        self.web.get(
            f"{NOVA}/servers/s1/os-instance-actions",
            json={
                "instanceActions": [
                    {
                        "action": "create",
                        "start_time": "2023-11-14T22:13:20.000000",
                        "user_id": "u1",
                        "message": None,
                    },
                    {
                        "action": "stop",
                        "start_time": "2023-11-14T22:13:30.500000",
                        "user_id": None,
                        "message": "Error",
                    },
                ]
            },
        )
        newest, oldest = self.vim.actions("s1")
        self.assertEqual(("stop", None), (newest.action, newest.user_id))
        self.assertEqual(1_700_000_010.5, newest.at)
        self.assertTrue(newest.failed)
        self.assertFalse(oldest.failed)


class HostTest(VimCase):
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


class ActTest(VimCase):
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
                lambda: vim.evacuate("s1", "cmp2"),
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
        like = server(flavor={"id": "42"}, metadata={}, user_id="u1")
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
            f"{NOVA}/servers/s1", json={"server": server(tags=["a", "b"])}
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
