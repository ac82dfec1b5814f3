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


"""A cloud of canned answers, for the tests of the REST drivers."""

from __future__ import annotations

import types
from typing import Any

from keystoneauth1 import adapter
from keystoneauth1 import session
from keystoneauth1 import token_endpoint
import requests_mock

from nham.tests import base

NOVA = "http://nova.example/v2.1"
GLANCE = "http://glance.example/v2"
CINDER = "http://cinder.example/v3"
KEYSTONE = "http://keystone.example/v3"
NEUTRON = "http://neutron.example/v2.0"
TACKER = "http://tacker.example"


class RestCase(base.TestCase):
    """Answers are put into ``self.web``; calls are in its history."""

    def setUp(self) -> None:
        super().setUp()
        self.web = requests_mock.Mocker()
        self.web.start()
        self.addCleanup(self.web.stop)
        self.session = session.Session(
            auth=token_endpoint.Token(TACKER, "token")
        )
        self.cloud: Any = types.SimpleNamespace(
            session=self.session,
            compute=self.client("compute", NOVA),
            image=self.client("image", GLANCE),
            block_storage=self.client("block-storage", CINDER),
            identity=self.client("identity", KEYSTONE),
            config=types.SimpleNamespace(
                get_interface=lambda _service: "public",
                get_region_name=lambda _service: "RegionOne",
            ),
        )

    def client(self, service: str, url: str) -> adapter.Adapter:
        """Return an adapter like the SDK's proxies."""
        return adapter.Adapter(
            self.session, service_type=service, endpoint_override=url
        )

    @property
    def last(self) -> Any:
        """The last call that was made."""
        return self.web.request_history[-1]

    def version(self) -> str:
        """Return the microversion of the last call to Nova."""
        return str(self.last.headers["OpenStack-API-Version"])
