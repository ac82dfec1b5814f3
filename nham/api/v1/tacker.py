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


"""Where Tacker tells that something changed.

Tacker signs on with HTTP BASIC, as it was told upon subscription, and
not with a token. Nothing that it says is believed: it only makes NHAM
look at once.
"""

from __future__ import annotations

import base64
import binascii
import hmac

import falcon

from nham.api import errors
from nham.rpc import client


class Notifications:
    """The callback of the subscription.

    :param password: None refuses all notifications.
    """

    def __init__(
        self, engine: client.EngineClient, user: str, password: str | None
    ) -> None:
        self._engine = engine
        self._wanted = None if password is None else f"{user}:{password}"

    def on_get(
        self, _request: falcon.Request, response: falcon.Response
    ) -> None:
        """Let Tacker see that somebody is there."""
        response.status = falcon.HTTP_204

    def on_post(
        self, request: falcon.Request, response: falcon.Response
    ) -> None:
        """Let the engines look at the VNF instance."""
        if not self._signed_on(request.auth or ""):
            raise falcon.HTTPUnauthorized(
                title="Unauthorized",
                description="The notification needs its user and password",
                challenges=['Basic realm="nham"'],
            )
        given = request.get_media(default_when_empty=None)
        if not isinstance(given, dict):
            raise errors.bad_request("body: must be an object")
        instance_id = given.get("vnfInstanceId")
        if not isinstance(instance_id, str) or len(instance_id) > 64:
            raise errors.bad_request("vnfInstanceId: must be an id")
        self._engine.rediscover(instance_id)
        response.status = falcon.HTTP_204

    def _signed_on(self, header: str) -> bool:
        kind, _, credentials = header.partition(" ")
        if self._wanted is None or kind.lower() != "basic":
            return False
        try:
            given = base64.b64decode(credentials, validate=True)
        except binascii.Error:
            return False
        return hmac.compare_digest(given, self._wanted.encode())
