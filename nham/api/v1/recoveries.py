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


"""Recoveries: what NHAM did, why, and how long it took."""

from __future__ import annotations

import falcon

from nham.api import errors
from nham.api import service as service_
from nham.api import validate
from nham.api import views
from nham.core import states
from nham.policies import recoveries as rules


class Recoveries:
    """All recoveries."""

    def __init__(self, service: service_.Service) -> None:
        self._service = service

    def on_get(
        self, request: falcon.Request, response: falcon.Response
    ) -> None:
        """List recoveries, newest first, without their steps."""
        validate.query(request, "all_projects", "vnf", "state", "limit")
        found = self._service.store.recoveries(
            vnf_id=self._service.scope(request, rules.LIST),
            state=_state(request),
            limit=validate.number(request, "limit", 1, 1000) or 100,
        )
        response.media = {"recoveries": [views.recovery(r) for r in found]}


class Recovery:
    """One recovery."""

    def __init__(self, service: service_.Service) -> None:
        self._service = service

    def on_get(
        self,
        request: falcon.Request,
        response: falcon.Response,
        recovery_id: str,
    ) -> None:
        """Show a recovery with its steps, reasons and timeline."""
        validate.query(request)
        found = self._service.recovery(request, rules.SHOW, recovery_id)
        response.media = views.recovery_in_full(found)


class Facts:
    """The facts that one recovery was decided on."""

    def __init__(self, service: service_.Service) -> None:
        self._service = service

    def on_get(
        self,
        request: falcon.Request,
        response: falcon.Response,
        recovery_id: str,
    ) -> None:
        """Return them as a file for ``nham simulate --facts``."""
        validate.query(request)
        recovery = self._service.recovery(request, rules.FACTS, recovery_id)
        found = self._service.store.recovery_facts(recovery.id)
        if found is None:
            raise errors.not_kept(recovery_id)
        response.media = found


def _state(request: falcon.Request) -> states.RecoveryState | None:
    given = request.get_param("state")
    if given is None:
        return None
    try:
        return states.RecoveryState(given)
    except ValueError:
        words = ", ".join(states.RecoveryState)
        raise errors.bad_request(f"state: must be one of {words}") from None
