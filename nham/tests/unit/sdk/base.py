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


"""A client of a server that really listens, with a mocked engine."""

from __future__ import annotations

import openstack

from nham import sdk
from nham.api import server
from nham.tests.unit.api import base


class ClientCase(base.ApiCase):
    """``self.proxy`` speaks HTTP to the application."""

    strategy = "noauth"

    def setUp(self) -> None:
        super().setUp()
        running = server.Server(self.app, "127.0.0.1", 0, 4)
        running.start()
        self.addCleanup(running.stop)
        self.connection = openstack.connection.Connection(
            auth_type="none",
            endpoint=f"http://127.0.0.1:{running.port}",
        )
        self.addCleanup(self.connection.close)
        self.proxy = sdk.connect(self.connection)
