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


"""The API's side: ask an engine."""

from __future__ import annotations

from collections.abc import Mapping
from collections.abc import Sequence
from typing import Any

import oslo_messaging

from nham.rpc import errors

TOPIC = "nham-engine"
VERSION = "1.0"
#: Seconds that whoever shows a VNF or a host waits for what is seen of it.
PROBES_TIMEOUT = 2.0


class EngineClient:
    """Asks any engine of the deployment.

    Every method may raise ``errors.EngineError``: ``errors.NoAnswer`` if
    no engine answers in time, otherwise what the engine says.

    :param timeout: seconds until an answer is given up.
    """

    def __init__(
        self, transport: oslo_messaging.Transport, timeout: float = 30.0
    ) -> None:
        target = oslo_messaging.Target(topic=TOPIC, version=VERSION)
        # With the message bus down, say so instead of trying for ever.
        self._client = oslo_messaging.get_rpc_client(
            transport, target, timeout=timeout, retry=1
        )

    def export_vnf_state(
        self, vnf_id: str, group_id: str | None = None
    ) -> list[str]:
        """Begin a checkpoint of one VNFC or of all; return their ids.

        Source: NHAM paper 3.2, as is the name.
        """
        ids: list[str] = self._call(
            "export_vnf_state", vnf_id=vnf_id, group_id=group_id
        )
        return ids

    def delete_checkpoint(self, checkpoint_id: str) -> None:
        """Let a checkpoint be removed from its backend."""
        self._call("delete_checkpoint", checkpoint_id=checkpoint_id)

    def import_vnf_state(self, checkpoint_id: str) -> str:
        """Begin to put a checkpoint back; return the recovery's id.

        Source: NHAM paper 3.2, as is the name.
        """
        return str(self._call("import_vnf_state", checkpoint_id=checkpoint_id))

    def switchover_vnf(
        self, vnf_id: str, group_id: str | None = None
    ) -> list[str]:
        """Begin the switchover of one VNFC or of all.

        :returns: the ids of the recoveries that carry it out.
        """
        ids: list[str] = self._call(
            "switchover_vnf", vnf_id=vnf_id, group_id=group_id
        )
        return ids

    def failback_vnf(
        self, vnf_id: str, group_id: str | None = None
    ) -> list[str]:
        """Begin the failback of one VNFC, or of all that are to go back.

        :returns: the ids of the recoveries that carry it out.
        """
        ids: list[str] = self._call(
            "failback_vnf", vnf_id=vnf_id, group_id=group_id
        )
        return ids

    def register_vnf(
        self,
        name: str,
        project_id: str,
        descriptor: str,
        servers: Mapping[str, Sequence[str]],
    ) -> str:
        """Protect a VNF that no VNFM knows; return its id.

        :param servers: server ids by VDU.
        """
        return str(
            self._call(
                "register_vnf",
                name=name,
                project_id=project_id,
                descriptor=descriptor,
                servers={vdu: list(ids) for vdu, ids in servers.items()},
            )
        )

    def unregister_vnf(self, vnf_id: str) -> None:
        """Stop protecting a VNF and remove its checkpoints."""
        self._call("unregister_vnf", vnf_id=vnf_id)

    def protect_vnf(self, vnf_id: str, descriptor: str | None = None) -> None:
        """Protect a VNF by a descriptor, or by its own one again."""
        self._call("protect_vnf", vnf_id=vnf_id, descriptor=descriptor)

    def set_vnf(
        self,
        vnf_id: str,
        vdu: str | None,
        properties: Mapping[str, Any],
        unset: Sequence[str],
        user: str,
    ) -> None:
        """Change properties of the policies that a VNF has now.

        :param vdu: the VDU for which alone they change; None: for all.
        :param properties: values by path, in the words of a descriptor.
        :param unset: paths that are to have their default again.
        """
        self._call(
            "set_vnf",
            vnf_id=vnf_id,
            vdu=vdu,
            properties=dict(properties),
            unset=list(unset),
            user=user,
        )

    def host_fenced(self, host: str, reason: str, user: str) -> None:
        """Take an operator's word that a host cannot serve any more."""
        self._call("host_fenced", host=host, reason=reason, user=user)

    def begin_maintenance(self, host: str, reason: str, user: str) -> None:
        """Move what serves on a host away, and repair nothing there."""
        self._call("begin_maintenance", host=host, reason=reason, user=user)

    def end_maintenance(self, host: str, user: str) -> None:
        """Let a host serve again, and what it has be repaired."""
        self._call("end_maintenance", host=host, user=user)

    def release_host(self, host: str, user: str) -> None:
        """Take a host out of quarantine."""
        self._call("release_host", host=host, user=user)

    def host_members(self, host: str) -> list[dict[str, str]]:
        """Return what NHAM has on a host, and whether each of it will go."""
        found: list[dict[str, str]] = self._call(
            "host_members", PROBES_TIMEOUT, host=host
        )
        return found

    def probes(self, vnf_id: str) -> dict[str, dict[str, Any]]:
        """Return what the probes say now, by replica group."""
        found: dict[str, dict[str, Any]] = self._call(
            "probes", PROBES_TIMEOUT, vnf_id=vnf_id
        )
        return found

    def why(
        self, vnf_id: str, group_id: str | None, fault: str
    ) -> list[dict[str, Any]]:
        """Say what would be done to a VNF now, and if something failed.

        :param fault: ``now``, ``vnfc``, ``vm``, ``host`` or ``all``.
        :returns: an outlook for each VNFC and fault.
        """
        found: list[dict[str, Any]] = self._call(
            "why", vnf_id=vnf_id, group_id=group_id, fault=fault
        )
        return found

    def rediscover(self, instance_id: str | None = None) -> None:
        """Let the engines compare their record with the VNFM's at once."""
        try:
            self._client.prepare(fanout=True).cast(
                {}, "rediscover", instance_id=instance_id
            )
        except oslo_messaging.MessagingException as error:
            raise errors.NoAnswer("The message bus is down") from error

    def _call(
        self, method: str, timeout: float | None = None, **arguments: Any
    ) -> Any:
        client = self._client
        if timeout is not None:
            client = client.prepare(timeout=timeout)
        try:
            reply = client.call({}, method, **arguments)
        except oslo_messaging.MessagingTimeout as error:
            raise errors.NoAnswer("No engine answers") from error
        except oslo_messaging.MessagingException as error:
            raise errors.NoAnswer("The message bus is down") from error
        if "error" in reply:
            raise errors.of(reply["error"]["code"], reply["error"]["message"])
        return reply["value"]
