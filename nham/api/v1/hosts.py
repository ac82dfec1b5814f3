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


"""Compute hosts: what NHAM itself knows and did about them."""

from __future__ import annotations

import falcon

from nham.api import errors
from nham.api import service as service_
from nham.api import validate
from nham.api import views
from nham.core import model
from nham.policies import hosts as rules
from nham.rpc import errors as rpc_errors

_REASON = {"reason": validate.Field(validate.text(1000))}
_ACTIONS = {
    "fenced": _REASON,
    "begin_maintenance": _REASON,
    "end_maintenance": {},
    "release": {},
}
_RULES = {
    "fenced": rules.FENCED,
    "begin_maintenance": rules.MAINTENANCE,
    "end_maintenance": rules.MAINTENANCE,
    "release": rules.RELEASE,
}


class Hosts:
    """All hosts that something is known of."""

    def __init__(self, service: service_.Service) -> None:
        self._service = service

    def on_get(
        self, request: falcon.Request, response: falcon.Response
    ) -> None:
        """List hosts by name."""
        validate.query(request)
        self._service.require(request, rules.LIST, service_.NOBODYS)
        found = self._service.store.hosts()
        response.media = {"hosts": [views.host(h) for h in found]}


class Host:
    """One host."""

    def __init__(self, service: service_.Service) -> None:
        self._service = service

    def on_get(
        self, request: falcon.Request, response: falcon.Response, name: str
    ) -> None:
        """Show a host with what NHAM has on it."""
        validate.query(request)
        self._service.require(request, rules.LIST, service_.NOBODYS)
        members = self._members(name)
        record = self._service.store.host(name)
        if record is None and not members:
            raise errors.not_found("host", name)
        response.media = {
            **views.host(record or model.HostRecord(name=name)),
            "members": members,
        }

    def _members(self, name: str) -> list[dict[str, str]] | None:
        """Return what is on it; None: there is no engine that knows."""
        try:
            return self._service.engine.host_members(name)
        except rpc_errors.EngineError:
            return None


class Action:
    """What can be said about a host."""

    def __init__(self, service: service_.Service) -> None:
        self._service = service

    def on_post(
        self, request: falcon.Request, response: falcon.Response, name: str
    ) -> None:
        """Take an operator's word on a host."""
        action, arguments = validate.action(request, _ACTIONS)
        self._service.require(request, _RULES[action], service_.NOBODYS)
        user = service_.caller_of(request).user_id or "unknown"
        engine = self._service.engine
        if action == "fenced":
            engine.host_fenced(name, arguments["reason"], user)
        elif action == "begin_maintenance":
            engine.begin_maintenance(name, arguments["reason"], user)
        elif action == "end_maintenance":
            engine.end_maintenance(name, user)
        else:
            engine.release_host(name, user)
        response.status = falcon.HTTP_204
