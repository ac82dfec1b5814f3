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

import falcon

from nham.api import service as service_
from nham.api import validate
from nham.core import states
from nham.policies import control as rules

_ACTIONS = {
    "pause": {"reason": validate.Field(validate.text(1000))},
    "resume": {},
}
_RULES = {"pause": rules.PAUSE, "resume": rules.RESUME}


class Control:
    """Whether NHAM may act."""

    def __init__(self, service: service_.Service) -> None:
        self._service = service

    def on_get(
        self, request: falcon.Request, response: falcon.Response
    ) -> None:
        """Show whether it is paused, and why."""
        validate.query(request)
        self._service.require(request, rules.SHOW, service_.NOBODYS)
        response.media = _shown(self._service)


class Action:
    """Pause and resume.

    Neither needs an engine: while it cannot be reached a pause matters most.
    """

    def __init__(self, service: service_.Service) -> None:
        self._service = service

    def on_post(
        self, request: falcon.Request, response: falcon.Response
    ) -> None:
        """Let NHAM watch and decide and do nothing, or act again."""
        action, arguments = validate.action(request, _ACTIONS)
        self._service.require(request, _RULES[action], service_.NOBODYS)
        user = service_.caller_of(request).user_id or "unknown"
        store = self._service.store
        if action == "pause":
            told = f"user {user}: {arguments['reason']}"
            store.set_setting("paused", told)
            kind = "nham-paused"
        else:
            told = f"user {user}"
            store.set_setting("paused", None)
            kind = "nham-resumed"
        store.add_event(
            self._service.now(),
            states.Severity.WARNING,
            kind,
            f"all of NHAM, by {told}",
        )
        response.media = _shown(self._service)


def _shown(service: service_.Service) -> dict[str, object]:
    reason = service.store.setting("paused")
    return {"paused": reason is not None, "reason": reason or ""}
