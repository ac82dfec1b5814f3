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


"""Checkpoints: the state that can be put back."""

from __future__ import annotations

import falcon

from nham.api import errors
from nham.api import service as service_
from nham.api import validate
from nham.api import views
from nham.core import states
from nham.policies import checkpoints as rules

_CREATE = {
    "vnf_id": validate.Field(validate.text(64)),
    "group_id": validate.Field(validate.text(64), required=False),
}


class Checkpoints:
    """All checkpoints."""

    def __init__(self, service: service_.Service) -> None:
        self._service = service

    def on_get(
        self, request: falcon.Request, response: falcon.Response
    ) -> None:
        """List checkpoints, newest first."""
        validate.query(request, "all_projects", "vnf", "state")
        vnf_ids = self._service.scope(request, rules.LIST)
        found = self._service.store.checkpoints(
            vnf_id=vnf_ids, states=_state(request)
        )
        response.media = {"checkpoints": [views.checkpoint(c) for c in found]}

    def on_post(
        self, request: falcon.Request, response: falcon.Response
    ) -> None:
        """Begin a checkpoint of one VNFC or of all of a VNF."""
        given = validate.body(request, _CREATE)
        vnf = self._service.vnf(request, rules.CREATE, given["vnf_id"])
        store, group_id = self._service.store, given["group_id"]
        if group_id is not None and store.group(group_id).vnf_id != vnf.id:
            raise errors.not_found("replica group", group_id)
        ids = self._service.engine.export_vnf_state(vnf.id, group_id)
        response.status = falcon.HTTP_202
        response.media = {
            "checkpoints": [views.checkpoint(store.checkpoint(i)) for i in ids]
        }


class Checkpoint:
    """One checkpoint."""

    def __init__(self, service: service_.Service) -> None:
        self._service = service

    def on_get(
        self,
        request: falcon.Request,
        response: falcon.Response,
        checkpoint_id: str,
    ) -> None:
        """Show a checkpoint."""
        validate.query(request)
        found = self._service.checkpoint(request, rules.SHOW, checkpoint_id)
        response.media = views.checkpoint(found)

    def on_delete(
        self,
        request: falcon.Request,
        response: falcon.Response,
        checkpoint_id: str,
    ) -> None:
        """Let a checkpoint be removed from its backend."""
        self._service.checkpoint(request, rules.DELETE, checkpoint_id)
        self._service.engine.delete_checkpoint(checkpoint_id)
        response.status = falcon.HTTP_202


class Action:
    """What can be done with a checkpoint."""

    def __init__(self, service: service_.Service) -> None:
        self._service = service

    def on_post(
        self,
        request: falcon.Request,
        response: falcon.Response,
        checkpoint_id: str,
    ) -> None:
        """Begin to put the checkpoint back."""
        validate.action(request, {"restore": {}})
        self._service.checkpoint(request, rules.RESTORE, checkpoint_id)
        recovery_id = self._service.engine.import_vnf_state(checkpoint_id)
        response.status = falcon.HTTP_202
        response.media = {"recovery_id": recovery_id}


def _state(request: falcon.Request) -> list[states.CheckpointState] | None:
    given = request.get_param("state")
    if given is None:
        return None
    try:
        return [states.CheckpointState(given)]
    except ValueError:
        words = ", ".join(states.CheckpointState)
        raise errors.bad_request(f"state: must be one of {words}") from None
