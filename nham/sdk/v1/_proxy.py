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


"""The verbs of version 1."""

from __future__ import annotations

from collections.abc import Iterator
from collections.abc import Mapping
from collections.abc import Sequence
from typing import Any
from typing import ClassVar
from typing import Literal

from openstack import exceptions
from openstack import proxy

from nham.sdk.v1 import checkpoint as _checkpoint
from nham.sdk.v1 import control as _control
from nham.sdk.v1 import event as _event
from nham.sdk.v1 import host as _host
from nham.sdk.v1 import recovery as _recovery
from nham.sdk.v1 import vnf as _vnf


class Proxy(proxy.Proxy):
    """NHAM, for whoever holds a connection.

    Every method raises ``openstack.exceptions.SDKException``.
    """

    api_version: ClassVar[Literal["1"]] = "1"

    _resource_registry = {
        "checkpoint": _checkpoint.Checkpoint,
        "event": _event.Event,
        "host": _host.Host,
        "recovery": _recovery.Recovery,
        "vnf": _vnf.Vnf,
    }

    # VNFs

    def vnfs(self, **query: Any) -> Iterator[_vnf.Vnf]:
        """Return the VNFs.

        :param query: ``name``, ``all_projects``.
        """
        yield from self._list(_vnf.Vnf, paginated=False, **query)

    def get_vnf(self, vnf: str | _vnf.Vnf) -> _vnf.Vnf:
        """Return one VNF with its groups and policies."""
        return self._get(_vnf.Vnf, vnf)

    def find_vnf(self, name_or_id: str) -> _vnf.Vnf:
        """Return the VNF of that id or name with groups and policies.

        :raises NotFoundException: there is none.
        :raises DuplicateResource: several have that name.
        """
        found = self._find(_vnf.Vnf, name_or_id, ignore_missing=False)
        return self.get_vnf(found.id)

    def register_vnf(
        self,
        name: str,
        descriptor: str,
        servers: Mapping[str, Sequence[str]],
    ) -> _vnf.Vnf:
        """Protect a VNF that no VNF manager knows.

        :param descriptor: the text of its descriptor.
        :param servers: server ids by VDU.
        """
        return self._create(
            _vnf.Vnf, name=name, descriptor=descriptor, servers=dict(servers)
        )

    def unregister_vnf(
        self, vnf: str | _vnf.Vnf, ignore_missing: bool = True
    ) -> None:
        """Stop protecting a VNF; its checkpoints go too."""
        self._delete(_vnf.Vnf, vnf, ignore_missing=ignore_missing)

    def protect_vnf(
        self, vnf: str | _vnf.Vnf, descriptor: str | None = None
    ) -> _vnf.Vnf:
        """Protect a VNF by a descriptor, or by its own one again."""
        arguments = {} if descriptor is None else {"descriptor": descriptor}
        return self._act(vnf, "protect", arguments)

    def set_vnf_properties(
        self,
        vnf: str | _vnf.Vnf,
        properties: Mapping[str, Any],
        unset: Sequence[str] = (),
        vdu: str | None = None,
    ) -> _vnf.Vnf:
        """Change properties of a VNF's policies while it serves.

        :param properties: values by path, in the words of a descriptor.
        :param unset: paths that are to have their default again.
        :param vdu: change what holds for this VDU only.
        """
        arguments: dict[str, Any] = {
            "properties": dict(properties),
            "unset": list(unset),
        }
        if vdu is not None:
            arguments["vdu"] = vdu
        return self._act(vnf, "set", arguments)

    def pause_vnf(self, vnf: str | _vnf.Vnf) -> _vnf.Vnf:
        """Let NHAM do nothing to a VNF until it is resumed."""
        return self._act(vnf, "pause")

    def resume_vnf(self, vnf: str | _vnf.Vnf) -> _vnf.Vnf:
        """Let NHAM act on a VNF again."""
        return self._act(vnf, "resume")

    def switchover_vnf(
        self, vnf: str | _vnf.Vnf, group_id: str | None = None
    ) -> list[_recovery.Recovery]:
        """Have the standbys of a VNF, or of one VNFC, take over.

        :returns: the recoveries that carry it out.
        """
        return self._move(vnf, "switchover", group_id)

    def failback_vnf(
        self, vnf: str | _vnf.Vnf, group_id: str | None = None
    ) -> list[_recovery.Recovery]:
        """Have the VNF manager's servers serve a VNF, or one VNFC, again.

        :returns: the recoveries that carry it out.
        """
        return self._move(vnf, "failback", group_id)

    def explain_vnf(
        self,
        vnf: str | _vnf.Vnf,
        fault: str = "all",
        group_id: str | None = None,
    ) -> list[dict[str, Any]]:
        """Say what would be done to a VNF now, and if something failed.

        :param fault: "now", "vnfc", "vm", "host" or "all".
        :param group_id: of one VNFC of it only.
        """
        return self._get_resource(_vnf.Vnf, vnf).why(self, fault, group_id)

    def import_vnf_state(
        self, vnf: str | _vnf.Vnf, group_id: str, data: bytes
    ) -> _recovery.Recovery:
        """Have the member that serves a VNFC take a state in.

        :param data: as exported before; see ``get_checkpoint_state``.
        """
        found = self._get_resource(_vnf.Vnf, vnf)
        return self.get_recovery(found.import_state(self, group_id, data))

    # Checkpoints

    def checkpoints(self, **query: Any) -> Iterator[_checkpoint.Checkpoint]:
        """Return the checkpoints, newest first.

        :param query: ``vnf_id``, ``state``, ``all_projects``.
        """
        yield from self._list(_checkpoint.Checkpoint, paginated=False, **query)

    def get_checkpoint(
        self, checkpoint: str | _checkpoint.Checkpoint
    ) -> _checkpoint.Checkpoint:
        """Return one checkpoint."""
        return self._get(_checkpoint.Checkpoint, checkpoint)

    def get_checkpoint_state(
        self, checkpoint: str | _checkpoint.Checkpoint
    ) -> bytes:
        """Return the state that a checkpoint of a hook holds."""
        found = self._get_resource(_checkpoint.Checkpoint, checkpoint)
        return found.download(self)

    def create_checkpoints(
        self, vnf_id: str, group_id: str | None = None
    ) -> list[_checkpoint.Checkpoint]:
        """Begin a checkpoint of one VNFC, or of all of a VNF."""
        body = {"vnf_id": vnf_id, "group_id": group_id}
        response = self.post(_checkpoint.Checkpoint.base_path, json=body)
        exceptions.raise_from_response(response)
        return [
            _checkpoint.Checkpoint.existing(**made)
            for made in response.json()["checkpoints"]
        ]

    def delete_checkpoint(
        self,
        checkpoint: str | _checkpoint.Checkpoint,
        ignore_missing: bool = True,
    ) -> None:
        """Let a checkpoint be removed from its backend."""
        self._delete(
            _checkpoint.Checkpoint, checkpoint, ignore_missing=ignore_missing
        )

    def restore_checkpoint(
        self, checkpoint: str | _checkpoint.Checkpoint
    ) -> _recovery.Recovery:
        """Begin to put a checkpoint back; return the recovery."""
        found = self._get_resource(_checkpoint.Checkpoint, checkpoint)
        return self.get_recovery(found.restore(self))

    # Recoveries

    def recoveries(self, **query: Any) -> Iterator[_recovery.Recovery]:
        """Return the newest recoveries, newest first.

        :param query: ``vnf_id``, ``state``, ``limit``, ``all_projects``.
        """
        yield from self._list(_recovery.Recovery, paginated=False, **query)

    def get_recovery(
        self, recovery: str | _recovery.Recovery
    ) -> _recovery.Recovery:
        """Return one recovery with its steps and reasons."""
        return self._get(_recovery.Recovery, recovery)

    def get_recovery_facts(
        self, recovery: str | _recovery.Recovery
    ) -> dict[str, Any]:
        """Return the facts that a recovery was decided on.

        They are what ``nham simulate --facts`` reads; for administrators.
        """
        return self._get_resource(_recovery.Recovery, recovery).facts(self)

    # Events and hosts

    def events(self, **query: Any) -> Iterator[_event.Event]:
        """Return events, oldest first.

        :param query: ``vnf_id``, ``after``, ``limit``, ``all_projects``.
        """
        yield from self._list(_event.Event, paginated=False, **query)

    def hosts(self) -> Iterator[_host.Host]:
        """Return the hosts that NHAM knows something of."""
        yield from self._list(_host.Host, paginated=False)

    def host_fenced(self, name: str, reason: str) -> None:
        """Vouch for it that a host cannot serve any more."""
        self._about(name, "fenced", reason=reason)

    def get_host(self, name: str) -> _host.Host:
        """Return one host with what NHAM has on it."""
        return self._get(_host.Host, name)

    def begin_maintenance(self, name: str, reason: str) -> None:
        """Have what serves on a host moved away, and nothing repaired."""
        self._about(name, "begin_maintenance", reason=reason)

    def end_maintenance(self, name: str) -> None:
        """Let a host serve again, and what it has be repaired."""
        self._about(name, "end_maintenance")

    def release_host(self, name: str) -> None:
        """Take a host out of quarantine."""
        self._about(name, "release")

    def _about(self, name: str, action: str, **arguments: str) -> None:
        self._get_resource(_host.Host, name).act(self, action, **arguments)

    # NHAM as a whole

    def get_control(self) -> _control.Control:
        """Return whether NHAM may act."""
        return self._get(_control.Control, requires_id=False)

    def pause(self, reason: str) -> _control.Control:
        """Let NHAM watch and decide, and do nothing."""
        return _control.Control.new().act(self, "pause", reason=reason)

    def resume(self) -> _control.Control:
        """Let NHAM act again."""
        return _control.Control.new().act(self, "resume")

    def _move(
        self, vnf: str | _vnf.Vnf, action: str, group_id: str | None
    ) -> list[_recovery.Recovery]:
        found = self._get_resource(_vnf.Vnf, vnf)
        told = found.move(self, action, group_id)
        return [_recovery.Recovery.existing(**one) for one in told]

    def _act(
        self,
        vnf: str | _vnf.Vnf,
        action: str,
        arguments: Mapping[str, Any] | None = None,
    ) -> _vnf.Vnf:
        return self._get_resource(_vnf.Vnf, vnf).act(self, action, arguments)
