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


"""VNFs: what NHAM protects."""

from __future__ import annotations

from typing import Any

import falcon

from nham.api import errors
from nham.api import service as service_
from nham.api import validate
from nham.api import views
from nham.core import model
from nham.core import states
from nham.policies import vnfs as rules
from nham.rpc import errors as rpc_errors

State = states.VnfState

#: A VNFD of some megabytes is no VNFD.
_DESCRIPTOR = validate.text(100_000)

#: Of so many recoveries of a VNF, the newest, its level is measured.
_LOOK_BACK = 200

_REGISTER = {
    "name": validate.Field(validate.text(255)),
    "descriptor": validate.Field(_DESCRIPTOR),
    "servers": validate.Field(validate.servers),
}
_ACTIONS = {
    "protect": {"descriptor": validate.Field(_DESCRIPTOR, required=False)},
    "set": {
        "vdu": validate.Field(validate.text(255), required=False),
        "properties": validate.Field(validate.properties, required=False),
        "unset": validate.Field(validate.paths, required=False),
    },
    "pause": {},
    "resume": {},
    "switchover": {"group_id": validate.Field(validate.text(64), False)},
    "failback": {"group_id": validate.Field(validate.text(64), False)},
}
_RULES = {
    "protect": rules.PROTECT,
    "set": rules.SET,
    "pause": rules.PAUSE,
    "resume": rules.RESUME,
    "switchover": rules.SWITCHOVER,
    "failback": rules.FAILBACK,
}


class Vnfs:
    """All VNFs."""

    def __init__(self, service: service_.Service) -> None:
        self._service = service

    def on_get(
        self, request: falcon.Request, response: falcon.Response
    ) -> None:
        """List VNFs, oldest first."""
        validate.query(request, "all_projects", "name")
        store = self._service.store
        found = store.vnfs(self._service.project(request, rules.LIST))
        name = request.get_param("name")
        groups = store.groups()
        newest = views.newest_by_group(
            store.checkpoints(states=[states.CheckpointState.AVAILABLE])
        )
        now = self._service.now()
        response.media = {
            "vnfs": [
                views.vnf(
                    vnf, [g for g in groups if g.vnf_id == vnf.id], newest, now
                )
                for vnf in found
                if name in (None, vnf.name)
            ]
        }

    def on_post(
        self, request: falcon.Request, response: falcon.Response
    ) -> None:
        """Register a VNF that no VNFM knows."""
        project_id = service_.caller_of(request).project_id or ""
        self._service.require(request, rules.REGISTER, project_id)
        given = validate.body(request, _REGISTER)
        vnf_id = self._service.engine.register_vnf(
            project_id=project_id, **given
        )
        response.status = falcon.HTTP_201
        response.location = f"{request.prefix}/v1/vnfs/{vnf_id}"
        response.media = in_full(
            self._service, self._service.store.vnf(vnf_id)
        )


class Vnf:
    """One VNF."""

    def __init__(self, service: service_.Service) -> None:
        self._service = service

    def on_get(
        self, request: falcon.Request, response: falcon.Response, vnf_id: str
    ) -> None:
        """Show a VNF with its groups, members and policies."""
        validate.query(request)
        vnf = self._service.vnf(request, rules.SHOW, vnf_id)
        response.media = in_full(self._service, vnf)

    def on_delete(
        self, request: falcon.Request, response: falcon.Response, vnf_id: str
    ) -> None:
        """Stop protecting a VNF; its checkpoints go too."""
        self._service.vnf(request, rules.UNREGISTER, vnf_id)
        self._service.engine.unregister_vnf(vnf_id)
        response.status = falcon.HTTP_204


class Why:
    """What would be done to a VNF if something failed."""

    def __init__(self, service: service_.Service) -> None:
        self._service = service

    def on_get(
        self, request: falcon.Request, response: falcon.Response, vnf_id: str
    ) -> None:
        """Say for each VNFC and fault what would be done, and why."""
        validate.query(request, "group", "fault")
        vnf = self._service.vnf(request, rules.WHY, vnf_id)
        group_id = request.get_param("group")
        _check_group(self._service, vnf, group_id)
        outlooks = self._service.engine.why(
            vnf.id, group_id, request.get_param("fault") or "all"
        )
        response.media = {"outlooks": outlooks}


class Action:
    """What can be done with a VNF."""

    def __init__(self, service: service_.Service) -> None:
        self._service = service

    def on_post(
        self, request: falcon.Request, response: falcon.Response, vnf_id: str
    ) -> None:
        """Protect, set, pause, resume, switch over or fail back."""
        name, arguments = validate.action(request, _ACTIONS)
        vnf = self._service.vnf(request, _RULES[name], vnf_id)
        if name in ("switchover", "failback"):
            self._move(response, vnf, name, arguments["group_id"])
            return
        if name == "protect":
            self._service.engine.protect_vnf(vnf.id, arguments["descriptor"])
        elif name == "set":
            self._service.engine.set_vnf(
                vnf.id,
                arguments["vdu"],
                arguments["properties"] or {},
                arguments["unset"] or [],
                str(service_.caller_of(request).user_id),
            )
        else:
            self._pause(request, vnf, name == "pause")
        response.media = in_full(
            self._service, self._service.store.vnf(vnf.id)
        )

    def _move(
        self,
        response: falcon.Response,
        vnf: model.Vnf,
        name: str,
        group_id: str | None,
    ) -> None:
        """Have other members serve."""
        store, engine = self._service.store, self._service.engine
        begin = engine.failback_vnf
        if name == "switchover":
            begin = engine.switchover_vnf
        _check_group(self._service, vnf, group_id)
        ids = begin(vnf.id, group_id)
        response.status = falcon.HTTP_202
        response.media = {
            "recoveries": [views.recovery(store.recovery(i)) for i in ids]
        }

    def _pause(
        self, request: falcon.Request, vnf: model.Vnf, paused: bool
    ) -> None:
        """Pause or resume; the state follows where nothing else rules it."""
        store = self._service.store
        store.set_paused(vnf.id, paused)
        word = "paused" if paused else "resumed"
        told = f"{word} by user {service_.caller_of(request).user_id}"
        if paused and vnf.state is State.PROTECTED:
            store.set_vnf_state(vnf.id, State.PAUSED, told)
        elif not paused and vnf.state is State.PAUSED:
            store.set_vnf_state(vnf.id, State.PROTECTED)
        store.add_event(
            self._service.now(),
            states.Severity.INFO,
            word,
            f"{vnf.name} {told}",
            vnf.id,
        )


def _check_group(
    service: service_.Service, vnf: model.Vnf, group_id: str | None
) -> None:
    """Refuse a group that is not the VNF's."""
    if group_id is not None and service.store.group(group_id).vnf_id != vnf.id:
        raise errors.not_found("replica group", group_id)


def in_full(service: service_.Service, vnf: model.Vnf) -> dict[str, Any]:
    """Show a VNF with its groups, members and policies."""
    store, now = service.store, service.now()
    groups = store.groups(vnf_id=vnf.id)
    members = store.members(vnf_id=vnf.id)
    newest = views.newest_by_group(store.checkpoints(vnf_id=vnf.id))
    recoveries = store.recoveries(vnf_id=vnf.id, limit=_LOOK_BACK)
    probes = _probes(service, vnf.id)
    return {
        **views.vnf(vnf, groups, newest, now),
        "policies": [policy.to_dict() for policy in vnf.policies],
        "groups": [
            views.group(
                vnf,
                g,
                members,
                newest.get(g.id),
                probes.get(g.id),
                now,
                recoveries,
            )
            for g in groups
        ],
    }


def _probes(service: service_.Service, vnf_id: str) -> dict[str, Any]:
    """Return what the probes say; a VNF is shown without an engine too."""
    try:
        return service.engine.probes(vnf_id)
    except rpc_errors.EngineError:
        return {}
