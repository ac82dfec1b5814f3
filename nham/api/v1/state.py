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


"""The state of a VNF as bytes: handed out, and given to a member.

Source: NHAM paper 3.2, ``export_vnf_state`` and ``import_vnf_state``. The
bytes do not cross the message bus: what the engines keep in a store is read
from there and put there.
"""

from __future__ import annotations

import dataclasses
import uuid

import falcon

from nham.adapters import errors as adapter_errors
from nham.adapters.hooks import http
from nham.api import errors
from nham.api import service as service_
from nham.api import validate
from nham.core import descriptor
from nham.core import model
from nham.core import states
from nham.policies import checkpoints as checkpoint_rules
from nham.policies import vnfs as vnf_rules
from nham.rpc import errors as rpc_errors

_ENGINE = "hook"


class CheckpointState:
    """What one checkpoint holds."""

    def __init__(self, service: service_.Service) -> None:
        self._service = service

    def on_get(
        self,
        request: falcon.Request,
        response: falcon.Response,
        checkpoint_id: str,
    ) -> None:
        """Hand the bytes out; they are proved to be whole."""
        validate.query(request)
        found = self._service.checkpoint(
            request, checkpoint_rules.STATE, checkpoint_id
        )
        if found.engine != _ENGINE:
            raise errors.conflict(
                f"A checkpoint of the engine {found.engine} is no bytes to "
                "hand out"
            )
        if found.state is not states.CheckpointState.AVAILABLE:
            raise errors.conflict(f"The checkpoint is {found.state}")
        if found.size > self._service.max_state_size:
            raise errors.conflict(
                f"The state is larger than [api] max_state_size, "
                f"{self._service.max_state_size} bytes"
            )
        (part,) = found.artifacts
        data = self._service.states().get(part.id, str(part.digest))
        response.content_type = http.MEDIA_TYPE
        response.set_header(http.DIGEST, http.digest(data))
        response.data = data


class VnfState:
    """The state of a VNF."""

    def __init__(self, service: service_.Service) -> None:
        self._service = service

    def on_put(
        self, request: falcon.Request, response: falcon.Response, vnf_id: str
    ) -> None:
        """Have the member that serves a VNFC take a state in.

        It is kept as a checkpoint first, like one of its own.
        """
        validate.query(request, "group")
        vnf = self._service.vnf(request, vnf_rules.IMPORT_STATE, vnf_id)
        group = self._group(request, vnf)
        policy = descriptor.policy_for(group.vdu, vnf.policies)
        hook = policy.state_protection.hook if policy else None
        if hook is None:
            raise errors.conflict(
                f"{group.vnfc} takes no state in: its policy's "
                "state_protection.method is not hook"
            )
        limit = min(hook.max_size, self._service.max_state_size)
        checkpoint = self._keep(group, _body(request, limit))
        try:
            recovery_id = self._service.engine.import_vnf_state(checkpoint.id)
        except rpc_errors.EngineError:
            # Nobody is to take over with what the operator was refused.
            self._let_go(checkpoint)
            raise
        response.status = falcon.HTTP_202
        response.media = {
            "checkpoint_id": checkpoint.id,
            "recovery_id": recovery_id,
        }

    def _group(self, request: falcon.Request, vnf: model.Vnf) -> model.Group:
        group_id = request.get_param("group")
        if not group_id:
            raise errors.bad_request("group: is required")
        group = self._service.store.group(group_id)
        if group.vnf_id != vnf.id:
            raise errors.not_found("replica group", group_id)
        return group

    def _keep(self, group: model.Group, data: bytes) -> model.Checkpoint:
        """Keep a state as a checkpoint that was cut now."""
        store, now = self._service.store, self._service.now()
        serving = [
            member.server_id
            for member in store.members(group_id=group.id)
            if member.role is states.Role.PRIMARY
        ]
        if not serving:
            raise errors.conflict(f"No server of {group.vnfc} is known")
        checkpoint = model.Checkpoint(
            id=str(uuid.uuid4()),
            vnf_id=group.vnf_id,
            group_id=group.id,
            server_id=serving[0],
            engine=_ENGINE,
            sequence=store.next_sequence(group.id),
            state=states.CheckpointState.CREATING,
            cut_at=now,
            trigger="import",
        )
        # First, so that an engine removes what is left if we die here.
        store.add_checkpoint(checkpoint)
        try:
            kept = self._service.states().put(checkpoint.name, data)
        except adapter_errors.AdapterError:
            self._let_go(checkpoint)
            raise
        part = model.Artifact(
            kind="state",
            id=checkpoint.name,
            digest=kept.digest,
            size=kept.size,
        )
        whole = dataclasses.replace(
            checkpoint,
            state=states.CheckpointState.AVAILABLE,
            artifacts=(part,),
            completed_at=self._service.now(),
        )
        store.update_checkpoint(whole)
        return whole

    def _let_go(self, checkpoint: model.Checkpoint) -> None:
        """Let an engine remove a checkpoint."""
        self._service.store.update_checkpoint(
            dataclasses.replace(
                checkpoint, state=states.CheckpointState.DELETING
            )
        )


def _body(request: falcon.Request, limit: int) -> bytes:
    """Return the body, which says how long it is."""
    length = request.content_length
    if length is None:
        raise falcon.HTTPLengthRequired(
            title="Length Required",
            description="Content-Length: is required",
        )
    if not length:
        raise errors.bad_request("body: must be the state, found nothing")
    if length > limit:
        raise falcon.HTTPContentTooLarge(
            title="Content Too Large",
            description=f"body: must be of {limit} bytes at most, by the "
            "policy's state_protection.hook.max_size and [api] "
            f"max_state_size; found {length}",
        )
    data: bytes = request.bounded_stream.read(length)
    if len(data) != length:
        raise errors.bad_request(
            f"body: must be of {length} bytes, as Content-Length says; "
            f"found {len(data)}"
        )
    wanted = request.get_header(http.DIGEST)
    if wanted is not None and wanted.strip() != http.digest(data):
        raise errors.bad_request(
            f"{http.DIGEST}: the body has {http.digest(data)}"
        )
    return data
