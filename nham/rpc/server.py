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


"""The engine's side: answer the API."""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Mapping
from collections.abc import Sequence
import functools
import logging
from typing import Any
from typing import Protocol

import oslo_messaging

from nham.rpc import client
from nham.rpc import errors

LOG = logging.getLogger(__name__)

OPERATIONS = frozenset(
    {
        "export_vnf_state",
        "delete_checkpoint",
        "import_vnf_state",
        "switchover_vnf",
        "failback_vnf",
        "register_vnf",
        "unregister_vnf",
        "protect_vnf",
        "set_vnf",
        "host_fenced",
        "begin_maintenance",
        "end_maintenance",
        "release_host",
        "host_members",
        "probes",
        "why",
        "rediscover",
    }
)


class EngineEndpoint(Protocol):
    """What an engine can be asked; see ``client.EngineClient``.

    A method raises ``errors.EngineError`` to refuse, or ``ValueError`` if
    an argument is wrong; its message goes to whoever asked. Arguments and
    answers are what JSON can say.
    """

    def export_vnf_state(self, vnf_id: str, group_id: str | None) -> list[str]:
        """Begin checkpoints; return their ids."""

    def delete_checkpoint(self, checkpoint_id: str) -> None:
        """Let a checkpoint be removed from its backend."""

    def import_vnf_state(self, checkpoint_id: str) -> str:
        """Begin to put a checkpoint back; return the recovery's id."""

    def switchover_vnf(self, vnf_id: str, group_id: str | None) -> list[str]:
        """Begin a switchover; return the ids of the recoveries."""

    def failback_vnf(self, vnf_id: str, group_id: str | None) -> list[str]:
        """Begin a failback; return the ids of the recoveries."""

    def register_vnf(
        self,
        name: str,
        project_id: str,
        descriptor: str,
        servers: Mapping[str, Sequence[str]],
    ) -> str:
        """Protect a VNF that no VNFM knows; return its id."""

    def unregister_vnf(self, vnf_id: str) -> None:
        """Stop protecting a VNF and remove its checkpoints."""

    def protect_vnf(self, vnf_id: str, descriptor: str | None) -> None:
        """Protect a VNF by a descriptor, or by its own one again."""

    def set_vnf(
        self,
        vnf_id: str,
        vdu: str | None,
        properties: Mapping[str, Any],
        unset: Sequence[str],
        user: str,
    ) -> None:
        """Change properties of the policies that a VNF has now."""

    def host_fenced(self, host: str, reason: str, user: str) -> None:
        """Take an operator's word that a host cannot serve any more."""

    def begin_maintenance(self, host: str, reason: str, user: str) -> None:
        """Move what serves on a host away, and repair nothing there."""

    def end_maintenance(self, host: str, user: str) -> None:
        """Let a host serve again, and what it has be repaired."""

    def release_host(self, host: str, user: str) -> None:
        """Take a host out of quarantine."""

    def host_members(self, host: str) -> Sequence[Mapping[str, str]]:
        """Return what NHAM has on a host, and whether each of it will go."""

    def probes(self, vnf_id: str) -> Mapping[str, Mapping[str, Any]]:
        """Return what the probes say now, by replica group."""

    def why(
        self, vnf_id: str, group_id: str | None, fault: str
    ) -> list[dict[str, Any]]:
        """Say what would be done to a VNF now, and if something failed."""

    def rediscover(self, instance_id: str | None) -> None:
        """Compare the record with the VNFM's soon; must not block."""


class _Dispatch:
    """What oslo.messaging calls: turns errors into plain answers."""

    target = oslo_messaging.Target(version=client.VERSION)

    def __init__(self, engine: EngineEndpoint) -> None:
        self._engine = engine

    def __getattr__(self, name: str) -> Callable[..., dict[str, Any]]:
        if name not in OPERATIONS:
            raise AttributeError(name)
        return functools.partial(self._answer, name)

    def _answer(
        self, name: str, _context: Mapping[str, Any], /, **arguments: Any
    ) -> dict[str, Any]:
        try:
            return {"value": getattr(self._engine, name)(**arguments)}
        except errors.EngineError as error:
            refusal = error
        except ValueError as error:
            refusal = errors.BadRequest(str(error))
        except Exception:
            LOG.exception("%s failed", name)
            refusal = errors.EngineError(
                f"The engine failed at {name}; its log says why"
            )
        return {"error": {"code": refusal.code, "message": refusal.message}}


def make_server(
    transport: oslo_messaging.Transport,
    engine_endpoint: EngineEndpoint,
    host: str,
) -> oslo_messaging.MessageHandlingServer:
    """Return a server that has not been started yet.

    :param host: tells this engine from the others; its own id serves.
    """
    return oslo_messaging.get_rpc_server(
        transport,
        oslo_messaging.Target(topic=client.TOPIC, server=host),
        [_Dispatch(engine_endpoint)],
        executor="threading",
        access_policy=oslo_messaging.DefaultRPCAccessPolicy,
    )
