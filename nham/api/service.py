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


"""What every handler needs: the store, an engine, and who may do what.

The look-ups here answer "not found" for what is not the caller's, so
that nobody learns that it exists.
"""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Sequence
import dataclasses

import falcon
from oslo_context import context

from nham.adapters.stores import base as stores
from nham.api import errors
from nham.api import policy
from nham.api import validate
from nham.core import model
from nham.db import errors as db_errors
from nham.db import store as store_
from nham.policies import base as rules
from nham.policies import checkpoints as checkpoint_rules
from nham.policies import recoveries as recovery_rules
from nham.policies import vnfs as vnf_rules
from nham.rpc import client

#: The project of what belongs to none, e.g. of a VNF that is gone.
NOBODYS = ""


@dataclasses.dataclass(frozen=True)
class Service:
    """What the handlers share.

    :ivar now: tells the time, seconds since the epoch.
    :ivar states: returns where the states that VNFs hand out are kept; may
        raise ``AdapterError``.
    :ivar max_state_size: bytes of the largest state that is taken in or
        handed out.
    """

    store: store_.Store
    engine: client.EngineClient
    guard: policy.Guard
    now: Callable[[], float]
    states: Callable[[], stores.Store]
    max_state_size: int

    def require(
        self, request: falcon.Request, rule: str, project_id: str
    ) -> None:
        """Refuse what the rule does not allow in that project."""
        if not self.guard.allows(caller_of(request), rule, project_id):
            raise errors.forbidden(rule)

    def vnf(
        self, request: falcon.Request, rule: str, vnf_id: str
    ) -> model.Vnf:
        """Return a VNF that the caller may do that to."""
        vnf = self.store.vnf(vnf_id)
        self._check(
            request,
            rule,
            vnf.project_id,
            vnf_rules.SHOW,
            errors.not_found("VNF", vnf_id),
        )
        return vnf

    def checkpoint(
        self, request: falcon.Request, rule: str, checkpoint_id: str
    ) -> model.Checkpoint:
        """Return a checkpoint that the caller may do that to."""
        checkpoint = self.store.checkpoint(checkpoint_id)
        self._check(
            request,
            rule,
            self._project_of(checkpoint.vnf_id),
            checkpoint_rules.SHOW,
            errors.not_found("checkpoint", checkpoint_id),
        )
        return checkpoint

    def recovery(
        self, request: falcon.Request, rule: str, recovery_id: str
    ) -> model.Recovery:
        """Return a recovery that the caller may do that to."""
        recovery = self.store.recovery(recovery_id)
        self._check(
            request,
            rule,
            self._project_of(recovery.vnf_id),
            recovery_rules.SHOW,
            errors.not_found("recovery", recovery_id),
        )
        return recovery

    def scope(
        self, request: falcon.Request, rule: str
    ) -> Sequence[str] | None:
        """Return the ids of the VNFs whose objects are asked for.

        None means all, those of VNFs that are gone too.
        """
        wanted = request.get_param("vnf")
        if wanted is not None:
            vnf = self.vnf(request, vnf_rules.SHOW, wanted)
            self.require(request, rule, vnf.project_id)
            return [vnf.id]
        project_id = self.project(request, rule)
        if project_id is None:
            return None
        return [vnf.id for vnf in self.store.vnfs(project_id)]

    def project(self, request: falcon.Request, rule: str) -> str | None:
        """Return the project that a list is asked of, None for all."""
        own = caller_of(request).project_id or NOBODYS
        if validate.yes(request, "all_projects"):
            self.require(request, rules.ALL_PROJECTS, own)
            return None
        self.require(request, rule, own)
        return own

    def _project_of(self, vnf_id: str) -> str:
        try:
            return self.store.vnf(vnf_id).project_id
        except db_errors.NotFound:
            return NOBODYS

    def _check(
        self,
        request: falcon.Request,
        rule: str,
        project_id: str,
        show: str,
        missing: falcon.HTTPNotFound,
    ) -> None:
        if not self.guard.allows(caller_of(request), show, project_id):
            raise missing
        self.require(request, rule, project_id)


def caller_of(request: falcon.Request) -> context.RequestContext:
    """Return who asks."""
    caller: context.RequestContext = request.context.caller
    return caller
