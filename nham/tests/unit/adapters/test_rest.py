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


"""Every way in which a service can fail becomes one of our errors."""

from __future__ import annotations

from keystoneauth1 import exceptions as auth_errors
from openstack import exceptions as sdk_errors
import requests

from nham.adapters import errors
from nham.adapters import rest
from nham.tests.unit.adapters import rest_case


class RestTest(rest_case.RestCase):
    """``Rest``."""

    def setUp(self) -> None:
        super().setUp()
        self.rest = rest.Rest(lambda: self.cloud.compute, 3.0)
        self.url = f"{rest_case.NOVA}/x"

    def test_statuses(self) -> None:
        for status, kind in {
            400: errors.Refused,
            401: errors.Refused,
            403: errors.Refused,
            404: errors.NotFound,
            408: errors.Unavailable,
            409: errors.Conflict,
            413: errors.Refused,
            429: errors.Unavailable,
            500: errors.Unavailable,
            502: errors.Unavailable,
            503: errors.Unavailable,
        }.items():
            self.web.get(self.url, status_code=status, text="because")
            failure = self.assertRaises(kind, self.rest.get, "/x")
            self.assertIn("because", str(failure))

    def test_no_answer(self) -> None:
        for failure in (
            requests.exceptions.ConnectTimeout,
            requests.exceptions.ReadTimeout,
            requests.exceptions.ConnectionError,
            requests.exceptions.ChunkedEncodingError,
            requests.exceptions.SSLError,
        ):
            self.web.get(self.url, exc=failure)
            self.assertRaises(errors.Unavailable, self.rest.get, "/x")

    def test_catalogue_and_keystone(self) -> None:
        for failure, kind in (
            (auth_errors.EndpointNotFound("none"), errors.Unavailable),
            (auth_errors.DiscoveryFailure("none"), errors.Unavailable),
            (auth_errors.ServiceUnavailable("none"), errors.Unavailable),
            (auth_errors.Unauthorized("no"), errors.Refused),
            (sdk_errors.NotSupported("none"), errors.Unavailable),
        ):
            with self.subTest(failure=failure):
                self.assertIsInstance(rest.translate(failure), kind)

    def test_client_that_cannot_be_made_is_tried_again(self) -> None:
        made = [self.cloud.compute, auth_errors.ConnectFailure("down")]

        def client() -> object:
            one = made.pop()
            if isinstance(one, Exception):
                raise one
            return one

        broken = rest.Rest(client)  # type: ignore[arg-type]
        self.web.get(self.url, json={"a": 1})
        self.assertRaises(errors.Unavailable, broken.get, "/x")
        self.assertEqual({"a": 1}, broken.get("/x"))
        self.assertEqual({"a": 1}, broken.get("/x"))

    def test_every_call_has_a_time_out(self) -> None:
        self.web.get(self.url, json={})
        self.rest.get("/x")
        self.assertEqual(3.0, self.last.timeout)

    def test_page_of_a_proxy_is_no_answer(self) -> None:
        self.web.get(self.url, text="<html>")
        self.assertRaises(errors.Unavailable, self.rest.get, "/x")

    def test_delete_of_what_is_gone(self) -> None:
        self.web.delete(self.url, status_code=404)
        self.rest.delete("/x")
        self.web.delete(self.url, status_code=409)
        self.assertRaises(errors.Conflict, self.rest.delete, "/x")

    def test_post_without_content(self) -> None:
        self.web.post(self.url, status_code=202)
        self.assertIsNone(self.rest.post("/x", {}))
