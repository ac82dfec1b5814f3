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


"""NHAM for openstacksdk: ``connect(connection).vnfs()``."""

from __future__ import annotations

import openstack

from nham.sdk import service
from nham.sdk.v1 import _proxy

SERVICE_TYPE = "nfv-ha"
_ATTRIBUTE = "nfv_ha"


def connect(connection: openstack.connection.Connection) -> _proxy.Proxy:
    """Return NHAM's proxy of a connection.

    Afterwards ``connection.nfv_ha`` is the same.
    """
    if not connection.config.has_service(SERVICE_TYPE):
        connection.add_service(service.NhamService(SERVICE_TYPE))
    proxy: _proxy.Proxy = getattr(connection, _ATTRIBUTE)
    return proxy
