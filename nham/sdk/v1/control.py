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

"""NHAM as a whole: whether it may act."""

from __future__ import annotations

from keystoneauth1 import adapter
from openstack import exceptions
from openstack import resource
from openstack import utils


class Control(resource.Resource):
    """Whether NHAM may act; there is one of it."""

    base_path = "/control"

    allow_fetch = True

    #: It watches and decides, and does nothing.
    paused = resource.Body("paused", type=bool)
    #: Who paused it, and why.
    reason = resource.Body("reason")

    def act(
        self, session: adapter.Adapter, action: str, **arguments: str
    ) -> Control:
        """Pause it or let it act again; return how it is now."""
        url = utils.urljoin(self.base_path, "action")
        response = session.post(url, json={action: arguments})
        exceptions.raise_from_response(response)
        self._translate_response(response)
        return self
