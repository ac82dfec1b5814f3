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


"""The application with a store in memory and a mocked engine."""

from __future__ import annotations

from typing import Any
from unittest import mock

from falcon import testing
from oslo_config import cfg

from nham import conf as nham_conf
from nham.api import app
from nham.db import store
from nham.rpc import client
from nham.tests import base
from nham.tests.unit.db import base as records

NOW = 2000.0
READER = ("reader",)
MEMBER = ("reader", "member")
ADMIN = ("reader", "member", "admin")


class ApiCase(base.TestCase):
    """Asks as somebody whose token Keystone has confirmed."""

    strategy = "keystone"

    def setUp(self) -> None:
        super().setUp()
        self.store = store.Store("sqlite://")
        self.addCleanup(self.store.close)
        self.store.sync()
        self.engine = mock.create_autospec(client.EngineClient, instance=True)
        self.engine.probes.return_value = {"v1-g": {"health": "ok"}}
        # What the middleware finds out is set by the tests themselves.
        self.replace(
            "nham.api.keystone.auth_token.AuthProtocol",
            autospec=True,
            side_effect=lambda wrapped, _settings: wrapped,
        )
        self.app = app.make_app(
            self.make_conf(), self.store, self.engine, lambda: NOW
        )
        # The client cannot tell what kind of callable the outermost is.
        self.client = testing.TestClient(
            lambda environ, respond: self.app(environ, respond)
        )

    def make_conf(self) -> cfg.ConfigOpts:
        """Return the configuration."""
        path = self.temp_dir() / "nham.conf"
        path.write_text(
            f"[api]\nauth_strategy = {self.strategy}\n"
            "[keystone_authtoken]\nauth_type = password\n"
            "[tacker]\ncallback_password = sesame\n"
        )
        return nham_conf.load([], [str(path)])

    def ask(
        self,
        method: str,
        path: str,
        roles: tuple[str, ...] = ADMIN,
        project: str = "project-a",
        **options: Any,
    ) -> testing.Result:
        """Ask as a user of a project."""
        headers = {
            "X-Identity-Status": "Confirmed",
            "X-User-Id": "ann",
            "X-Project-Id": project,
            "X-Roles": ",".join(roles),
            **options.pop("headers", {}),
        }
        return self.client.simulate_request(
            method, path, headers=headers, **options
        )

    def assert_error(
        self, answer: testing.Result, code: int, message: str
    ) -> None:
        """See that it is an error in our shape."""
        self.assertEqual(code, answer.status_code, answer.text)
        error = answer.json["error"]
        self.assertEqual(code, error["code"])
        self.assertIn(message, error["message"])
        self.assertTrue(error["request_id"].startswith("req-"))

    def given_vnf(self, name: str = "v1", **fields: Any) -> None:
        """Save a VNF with one group, one member and one checkpoint."""
        self.store.save_vnf(records.make_vnf(name, **fields))
        self.store.save_group(records.make_group(name))
        self.store.add_checkpoint(records.make_checkpoint(1, vnf_id=name))
