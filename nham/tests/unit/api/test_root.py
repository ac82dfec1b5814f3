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


"""What needs no token, and what needs one."""

from __future__ import annotations

import base64
import time
from unittest import mock

from falcon import testing
from oslo_config import cfg
import requests

from nham import conf as nham_conf
from nham.api import app
from nham.api import server
from nham.db import errors as db_errors
from nham.rpc import errors
from nham.tests import base as test_base
from nham.tests.unit.api import base


class PublicTest(base.ApiCase):
    """Versions, health, metrics."""

    def test_versions(self) -> None:
        (version,) = self.client.get("/").json["versions"]
        self.assertEqual("v1.0", version["id"])
        self.assertEqual(version, self.client.get("/v1/").json["version"])
        self.assertTrue(version["links"][0]["href"].endswith("/v1/"))

    def test_health(self) -> None:
        self.store.engine_beat("e1", "h1", base.NOW - 1)
        self.store.engine_beat("e2", "h2", base.NOW - 60)
        answer = self.client.get("/healthcheck")
        self.assertEqual({"database": "up", "engines_alive": 1}, answer.json)

    def test_the_database_is_down(self) -> None:
        self.replace(
            "nham.db.store.Store.engines_alive",
            autospec=True,
            side_effect=db_errors.DatabaseDown("gone"),
        )
        self.assertEqual(503, self.client.get("/healthcheck").status_code)
        self.assertEqual(200, self.client.get("/metrics").status_code)
        self.replace(
            "nham.db.store.Store.vnf",
            autospec=True,
            side_effect=db_errors.DatabaseDown("secret"),
        )
        answer = self.ask("GET", "/v1/vnfs/v1")
        self.assert_error(answer, 503, "The database is down")
        self.assertNotIn("secret", answer.text)

    def test_metrics(self) -> None:
        self.given_vnf("v1")
        answer = self.client.get("/metrics")
        self.assertIn('nham_vnfs{state="unprotected"} 1.0', answer.text)
        self.assertTrue(
            answer.headers["content-type"].startswith("text/plain")
        )

    def test_a_token_is_needed(self) -> None:
        for path in ("/v1/vnfs", "/v1/hosts", "/v1/events", "/nowhere"):
            answer = self.client.get(path)
            self.assert_error(answer, 401, "valid token")
            self.assertEqual("Keystone", answer.headers["www-authenticate"])

    def test_nowhere(self) -> None:
        self.assert_error(self.ask("GET", "/v1/nowhere"), 404, "")
        self.assert_error(self.ask("PUT", "/v1/vnfs"), 405, "")

    def test_a_bug(self) -> None:
        self.replace(
            "nham.db.store.Store.vnf",
            autospec=True,
            side_effect=KeyError("secret"),
        )
        answer = self.ask("GET", "/v1/vnfs/v1")
        self.assert_error(answer, 500, "NHAM failed")
        self.assertNotIn("secret", answer.text)


class NoAuthTest(base.ApiCase):
    """For trying it on one machine."""

    strategy = "noauth"

    def test_everybody_is_an_administrator(self) -> None:
        answer = self.client.get("/v1/vnfs?all_projects=true")
        self.assertEqual({"vnfs": []}, answer.json)


class KeystoneTest(test_base.TestCase):
    """The middleware is told how to reach Keystone."""

    def test_nobody_said_how(self) -> None:
        conf = nham_conf.load([], [])
        with self.assertRaisesRegex(cfg.RequiredOptError, "auth_type"):
            app.make_app(conf, mock.Mock(), mock.Mock())

    def test_keystone_is_down(self) -> None:
        path = self.temp_dir() / "nham.conf"
        path.write_text(
            "[keystone_authtoken]\nauth_type = password\n"
            "auth_url = http://127.0.0.1:1/v3\nhttp_request_max_retries = 0\n"
            "username = nham\npassword = p\nproject_name = service\n"
            "user_domain_id = default\nproject_domain_id = default\n"
        )
        conf = nham_conf.load([], [str(path)])
        made = app.make_app(conf, mock.Mock(), mock.Mock())
        client = testing.TestClient(lambda env, respond: made(env, respond))
        answer = client.get("/v1/vnfs", headers={"X-Auth-Token": "t"})
        self.assertEqual(503, answer.status_code)
        error = answer.json["error"]
        self.assertEqual("Keystone cannot be asked now", error["message"])
        self.assertTrue(error["request_id"].startswith("req-"))
        answer = client.get("/v1/vnfs")
        self.assertEqual(401, answer.status_code)
        self.assertIn("valid token", answer.json["error"]["message"])
        self.assertIn("www-authenticate", answer.headers)
        self.assertEqual(200, client.get("/").status_code)


class NotificationTest(base.ApiCase):
    """Tacker's door."""

    path = "/v1/tacker/notifications"

    def test_get(self) -> None:
        self.assertEqual(204, self.client.get(self.path).status_code)

    def test_post(self) -> None:
        answer = self._post("nham:sesame", {"vnfInstanceId": "i1"})
        self.assertEqual(204, answer.status_code)
        self.engine.rediscover.assert_called_once_with("i1")

    def test_strangers(self) -> None:
        for user in ("nham:other", "eve:sesame", "nham", "nhäm:sesame", ""):
            answer = self._post(user, {"vnfInstanceId": "i1"})
            self.assert_error(answer, 401, "user and password")
        answer = self.client.post(
            self.path, headers={"Authorization": "Basic %%%"}, json={}
        )
        self.assert_error(answer, 401, "user and password")
        self.assert_error(self.client.post(self.path), 401, "")
        self.engine.rediscover.assert_not_called()

    def test_wrong_bodies(self) -> None:
        bodies: tuple[object, ...] = (
            [],
            {},
            {"vnfInstanceId": 5},
            {"vnfInstanceId": "i" * 65},
        )
        for body in bodies:
            self.assert_error(self._post("nham:sesame", body), 400, "must be")

    def test_no_engine(self) -> None:
        self.engine.rediscover.side_effect = errors.NoAnswer("none")
        answer = self._post("nham:sesame", {"vnfInstanceId": "i1"})
        self.assert_error(answer, 503, "none")

    def _post(self, user: str, body: object) -> testing.Result:
        credentials = base64.b64encode(user.encode()).decode()
        return self.client.post(
            self.path,
            headers={"Authorization": f"Basic {credentials}"},
            json=body,
        )


class ServerTest(base.ApiCase):
    """The server that comes along."""

    strategy = "noauth"

    def test_requests_at_hand_are_finished(self) -> None:
        def slow(_vnf_id: str) -> dict[str, object]:
            time.sleep(0.3)
            return {}

        self.given_vnf("v1")
        self.engine.probes.side_effect = slow
        running = server.Server(self.app, "127.0.0.1", 0, 4)
        running.start()
        url = f"http://127.0.0.1:{running.port}/v1/vnfs/v1"
        self.assertEqual(200, requests.get(url, timeout=5).status_code)
        running.stop()
        with self.assertRaises(requests.ConnectionError):
            requests.get(url, timeout=5)

    def test_the_port_is_taken(self) -> None:
        first = server.Server(mock.Mock(), "127.0.0.1", 0, 1)
        first.start()
        self.addCleanup(first.stop)
        second = server.Server(mock.Mock(), "127.0.0.1", first.port, 1)
        with self.assertRaises(OSError):
            second.start()
