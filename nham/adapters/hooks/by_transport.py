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

"""Several hooks as one: each endpoint is asked by its own transport."""

from __future__ import annotations

from nham.adapters.hooks import base


class ByTransport(base.Hook):
    """Hands each call to the hook of the endpoint's transport.

    :param http: asks endpoints that have an address.
    :param guest_agent: asks endpoints that have a guest.
    """

    name = "by_transport"

    def __init__(self, http: base.Hook, guest_agent: base.Hook) -> None:
        self._http = http
        self._guest_agent = guest_agent

    def export_state(
        self, endpoint: base.Endpoint, max_size: int, hold: int = 0
    ) -> base.Exported:
        """See base class."""
        return self._of(endpoint).export_state(endpoint, max_size, hold)

    def imported(self, endpoint: base.Endpoint) -> str:
        """See base class."""
        return self._of(endpoint).imported(endpoint)

    def import_state(
        self, endpoint: base.Endpoint, data: bytes, sender: str
    ) -> None:
        """See base class."""
        self._of(endpoint).import_state(endpoint, data, sender)

    def claim(self, endpoint: base.Endpoint, address: str) -> None:
        """See base class."""
        self._of(endpoint).claim(endpoint, address)

    def has_claimed(self, endpoint: base.Endpoint, address: str) -> bool:
        """See base class."""
        return self._of(endpoint).has_claimed(endpoint, address)

    def let_go(self, endpoint: base.Endpoint, address: str) -> None:
        """See base class."""
        self._of(endpoint).let_go(endpoint, address)

    def _of(self, endpoint: base.Endpoint) -> base.Hook:
        return self._http if endpoint.guest is None else self._guest_agent
