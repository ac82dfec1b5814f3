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

"""What an engine can be asked over RPC; see ``nham.rpc.server``."""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Iterator
from collections.abc import Mapping
from collections.abc import Sequence
import contextlib
from typing import Any

from nham.adapters import errors
from nham.core import model
from nham.core import states
from nham.db import errors as db_errors
from nham.descriptor import errors as descriptor_errors
from nham.engine import change
from nham.engine import checkpointing
from nham.engine import engine as engine_
from nham.engine import entries
from nham.engine import host_requests
from nham.rpc import errors as rpc_errors


class Requests:
    """Answers for one engine.

    :param wake_discovery: lets the discovery loop run at once.
    """

    def __init__(
        self, engine: engine_.Engine, wake_discovery: Callable[[], None]
    ) -> None:
        self._engine = engine
        self._wake_discovery = wake_discovery

    def export_vnf_state(self, vnf_id: str, group_id: str | None) -> list[str]:
        """Begin a checkpoint of one VNFC or of all of a VNF."""
        with _answers():
            groups = self._groups(vnf_id, group_id)
            return [
                self._engine.checkpointer.take(
                    self._engine.entry(group.id), "demand"
                ).id
                for group in groups
            ]

    def delete_checkpoint(self, checkpoint_id: str) -> None:
        """Let a checkpoint be removed from its backend."""
        with _answers():
            checkpoint = self._engine.context.store.checkpoint(checkpoint_id)
            if checkpoint.state is states.CheckpointState.CREATING:
                raise rpc_errors.Conflict("the checkpoint is being taken")
            self._engine.catalogue.delete(checkpoint)

    def import_vnf_state(self, checkpoint_id: str) -> str:
        """Begin to put a checkpoint back on its VNFC's server."""
        with _answers():
            checkpoint = self._engine.context.store.checkpoint(checkpoint_id)
            if checkpoint.state is not states.CheckpointState.AVAILABLE:
                raise rpc_errors.Conflict(
                    f"the checkpoint is {checkpoint.state}"
                )
            return self._engine.restore(
                checkpoint, "restore", "asked for by an operator"
            ).id

    def switchover_vnf(self, vnf_id: str, group_id: str | None) -> list[str]:
        """Begin the switchover of one VNFC or of all of a VNF."""
        with _answers():
            groups = self._groups(vnf_id, group_id)
            return [
                self._engine.switchover(
                    group.id, "asked for by an operator"
                ).id
                for group in groups
            ]

    def failback_vnf(self, vnf_id: str, group_id: str | None) -> list[str]:
        """Begin the failback of one VNFC, or of all that are to go back."""
        with _answers():
            groups = self._groups(vnf_id, group_id)
            if group_id is None:
                groups = [g for g in groups if self._is_away(g)]
            if not groups:
                raise rpc_errors.Conflict(
                    "the servers that the VNFM knows serve already"
                )
            return [
                self._engine.failback(group.id, "asked for by an operator").id
                for group in groups
            ]

    def _is_away(self, group: model.Group) -> bool:
        """Say whether a server of NHAM's own serves a VNFC."""
        members = self._engine.context.store.members(group_id=group.id)
        return any(member.stands_in for member in members)

    def _groups(self, vnf_id: str, group_id: str | None) -> list[model.Group]:
        store = self._engine.context.store
        groups = [
            group
            for group in store.groups(vnf_id=vnf_id)
            if group_id in (None, group.id)
        ]
        if not groups:
            raise rpc_errors.NotFound(f"VNF {vnf_id} has no such VNFC")
        return groups

    def register_vnf(
        self,
        name: str,
        project_id: str,
        descriptor: str,
        servers: Mapping[str, Sequence[str]],
    ) -> str:
        """Protect a VNF that no VNFM knows."""
        with _answers():
            vnf = self._engine.discoverer.register(
                name, project_id, descriptor.encode(), servers
            )
            self._engine.reload()
            return vnf.id

    def unregister_vnf(self, vnf_id: str) -> None:
        """Stop protecting a VNF and remove its checkpoints."""
        with _answers():
            self._engine.discoverer.unregister(vnf_id)
            self._engine.reload()

    def protect_vnf(self, vnf_id: str, descriptor: str | None) -> None:
        """Protect a VNF by a descriptor, or by its own one again."""
        with _answers():
            data = descriptor.encode() if descriptor is not None else None
            self._engine.discoverer.protect(vnf_id, data)
            self._wake_discovery()

    def set_vnf(
        self,
        vnf_id: str,
        vdu: str | None,
        properties: Mapping[str, Any],
        unset: Sequence[str],
        user: str,
    ) -> None:
        """Change properties of the policies that a VNF has now."""
        with _answers():
            change.set_properties(
                self._engine.context,
                self._engine.journal,
                vnf_id,
                vdu,
                properties,
                unset,
                user,
            )
            self._engine.reload()

    def host_fenced(self, host: str, reason: str, user: str) -> None:
        """Take an operator's word that a host cannot serve any more."""
        with _answers():
            host_requests.fenced(self._engine, host, reason, user)

    def begin_maintenance(self, host: str, reason: str, user: str) -> None:
        """Move what serves on a host away, and repair nothing there."""
        with _answers():
            host_requests.begin_maintenance(self._engine, host, reason, user)

    def end_maintenance(self, host: str, user: str) -> None:
        """Let a host serve again, and what it has be repaired."""
        with _answers():
            host_requests.end_maintenance(self._engine, host, user)

    def release_host(self, host: str, user: str) -> None:
        """Take a host out of quarantine."""
        with _answers():
            host_requests.release(self._engine, host, user)

    def host_members(self, host: str) -> list[Mapping[str, str]]:
        """Return what NHAM has on a host, and whether each of it will go."""
        with _answers():
            return host_requests.members(self._engine, host)

    def probes(self, vnf_id: str) -> Mapping[str, Mapping[str, Any]]:
        """Return what the probes say now, by replica group."""
        found = {}
        for group in self._engine.context.store.groups(vnf_id=vnf_id):
            view = self._engine.watch.view(group.id)
            found[group.id] = {
                "app": view.app.value,
                "icmp": view.icmp.value,
                "last_good_at": view.last_good_at,
                "evidence": list(view.evidence),
                "detection": [
                    _quality(one)
                    for one in self._engine.watch.quality(group.id)
                ],
            }
        return found

    def why(
        self, vnf_id: str, group_id: str | None, fault: str
    ) -> list[dict[str, Any]]:
        """Say what would be done to a VNF now, and if something failed."""
        with _answers():
            self._groups(vnf_id, group_id)
            found = self._engine.explainer.why(vnf_id, group_id, fault)
            if not found:
                raise rpc_errors.Conflict("it is not protected")
            return found

    def rediscover(self, instance_id: str | None) -> None:
        """Compare the record with the VNFM's soon."""
        self._wake_discovery()


def _quality(one: entries.Quality) -> dict[str, Any]:
    """Show how well a probe detects; null: there was no mistake yet."""
    found = one.accuracy
    return {
        "probe": one.probe,
        "estimator": one.estimator,
        "level": round(one.level, 3),
        "timeout": round(one.timeout, 4),
        "learnt": one.learnt,
        "detection_time": round(one.detection_time, 3),
        "observed": round(found.observed, 1),
        "mistakes": found.mistakes,
        "mistake_recurrence": round(found.mistake_recurrence, 1)
        if found.mistakes
        else None,
        "mistake_duration": round(found.mistake_duration, 3)
        if found.mistakes
        else None,
        "accuracy": round(found.accuracy, 6),
    }


@contextlib.contextmanager
def _answers() -> Iterator[None]:
    """Turn what can go wrong into answers for whoever asked."""
    try:
        yield
    except (errors.NotFound, db_errors.NotFound) as error:
        raise rpc_errors.NotFound(str(error)) from error
    except checkpointing.NotNow as error:
        raise rpc_errors.Conflict(str(error)) from error
    except descriptor_errors.DescriptorError as error:
        text = "; ".join(str(problem) for problem in error.problems)
        raise rpc_errors.BadRequest(text) from error
    except errors.Unavailable as error:
        raise rpc_errors.NoAnswer(str(error)) from error
    except errors.Conflict as error:
        raise rpc_errors.Conflict(str(error)) from error
    except errors.AdapterError as error:
        raise rpc_errors.BadRequest(str(error)) from error
