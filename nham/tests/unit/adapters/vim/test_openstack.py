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

import datetime

from keystoneauth1 import identity
import requests

from nham.adapters import errors
from nham.adapters.vim import base as vim_base
from nham.tests.unit.adapters import rest_case
from nham.tests.unit.adapters.vim import vim_case

NOVA, KEYSTONE = rest_case.NOVA, rest_case.KEYSTONE


class TokenTest(vim_case.VimCase):
    """Keystone does not answer, and Nova does."""

    def setUp(self) -> None:
        super().setUp()
        self.session.auth = identity.V3Password(
            auth_url=KEYSTONE,
            username="nham",
            password="secret",  # nosec B106
            user_domain_id="default",
        )
        self.web.get(f"{NOVA}/servers/s1", json={"server": vim_case.server()})

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


class ReadTest(vim_case.VimCase):
    """Records."""

    def test_server(self) -> None:
        self.web.get(f"{NOVA}/servers/s1", json={"server": vim_case.server()})
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
        body = vim_case.server(image="")
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
        found = [
            vim_case.server("s1"),
            vim_case.server("s2"),
            vim_case.server("s3"),
        ]
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
        self.web.get(f"{NOVA}/servers/s1", json={"server": vim_case.server()})
        self.assertTrue(self.vim.server("s1").affinity)
        self.assertEqual(["1000"], self.last.qs["offset"])

    def test_changed_servers_page_by_page(self) -> None:
        pages = [
            {
                "servers": [vim_case.server("s1")],
                "servers_links": [{"rel": "next"}],
            },
            {"servers": [vim_case.server("s2", status="DELETED")]},
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
        alike = [
            vim_case.server("s1", name="vm.1"),
            vim_case.server("s2", name="VM.1"),
        ]
        calls = self.web.get(f"{NOVA}/servers/detail", json={"servers": alike})
        self.assertEqual(
            ["s1"], [one.id for one in self.vim.find_servers("vm.1")]
        )
        (asked,) = calls.request_history
        self.assertEqual(
            {"name": [r"^vm\.1$"], "all_tenants": ["1"]}, asked.qs
        )

    def test_network_is_that_of_the_same_cloud(self) -> None:
        self.web.get(f"{rest_case.NEUTRON}/ports", json={"ports": []})
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

    def test_an_action_is_over_when_all_of_it_is(self) -> None:
        ended = {"finish_time": "2023-11-14T22:13:30.500000"}
        action = vim_base.ServerAction(
            action="rebuild", at=1.0, request_id="req-1"
        )
        for wanted, events in (
            (True, [ended, ended]),
            (False, [{"finish_time": None}, ended]),
            # Who may not see them must not wait for them.
            (True, None),
        ):
            shown = {} if events is None else {"events": events}
            self.web.get(
                f"{NOVA}/servers/s1/os-instance-actions/req-1",
                json={"instanceAction": shown},
            )
            found = self.vim.is_over("s1", action)
            self.assertIs(wanted, found, str(events))
