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

"""Discovery: which VNFs there are, and which policy each one carries.

A loop that compares the VNFM's record with ours, again and again. The
VNFM's notifications only make it run at once; losing them costs time,
never correctness.
"""

from __future__ import annotations

from collections.abc import Mapping
from collections.abc import Sequence
import dataclasses
import logging
import uuid

from nham.adapters import errors
from nham.adapters.vim import base as vim_base
from nham.adapters.vnfm import base as vnfm_base
from nham.core import model
from nham.core import shards
from nham.core import states
from nham.db import errors as db_errors
from nham.descriptor import errors as descriptor_errors
from nham.descriptor import reader
from nham.engine import change
from nham.engine import cloud as cloud_
from nham.engine import dissolve
from nham.engine import journal as journal_
from nham.engine import owners
from nham.engine import package
from nham.engine import vnfds
from nham.recovery import context
from nham.recovery import replica_steps

LOG = logging.getLogger(__name__)

Unprotected = states.VnfState.UNPROTECTED


class Discoverer:
    """Keeps our record of VNFs equal to the VNFM's.

    :param cloud: what was read of the servers already.
    :param read: reads a descriptor; the simulation has its own.
    :param tolerated: other healers that leave NHAM's VNFs alone.
    """

    def __init__(
        self,
        ctx: context.Context,
        cloud: cloud_.CloudView,
        journal: journal_.Journal,
        read: vnfds.Read = reader.read,
        tolerated: frozenset[str] = frozenset(),
    ) -> None:
        self._tolerated = tolerated
        self._context = ctx
        self._cloud = cloud
        self._journal = journal
        self._vnfds = vnfds.Vnfds(read)
        #: Groups whose server was replaced by somebody else.
        self.replaced_behind: list[str] = []

    def run(self, shard: shards.Shard) -> None:
        """Compare once with every VNFM; one that is down is left alone."""
        for source, vnfm in self._context.vnfms.items():
            try:
                records = vnfm.vnfs()
            except errors.AdapterError as error:
                LOG.warning("%s does not answer: %s", source, error)
                continue
            for record in records:
                if shard.has(record.id):
                    self._guarded(source, vnfm, record)
            self._remove_gone(source, {r.id for r in records})

    def register(
        self,
        name: str,
        project_id: str,
        descriptor: bytes,
        servers: Mapping[str, Sequence[str]],
    ) -> model.Vnf:
        """Take a VNF under protection that no VNFM knows.

        :param servers: server ids by VDU.
        :raises DescriptorError: the descriptor is wrong.
        :raises NotFound: a server does not exist.
        :raises ValueError: a VDU is not in the descriptor, or somebody else
            heals a server.
        """
        read = self._vnfds.parse(descriptor)
        unknown = sorted(set(servers) - set(read.vdus))
        if unknown:
            raise ValueError(f"servers: no VDU {unknown[0]} in descriptor")
        found = {
            f"{vdu}-{index}": (vdu, self._context.vim.server(server_id))
            for vdu, ids in servers.items()
            for index, server_id in enumerate(ids)
        }
        others = owners.claims(
            (server for _vdu, server in found.values()), self._tolerated
        )
        if others:
            raise ValueError(f"servers: {others}")
        vnf = model.Vnf(
            id=str(uuid.uuid4()),
            name=name,
            source="manual",
            project_id=project_id,
            vnfd_id=read.vnfd_id,
            policies=read.policies,
            state=states.VnfState.PROTECTED,
            created_at=self._context.clock.now(),
        )
        self._context.store.save_vnf(vnf)
        for vnfc, (vdu, server) in found.items():
            self._keep_vnfc(vnf, vnfc, vdu, server)
        return vnf

    def unregister(self, vnf_id: str) -> None:
        """Stop protecting a VNF; remove its standbys and checkpoints.

        :raises AdapterError: a standby cannot be removed now.
        """
        store = self._context.store
        for group in store.groups(vnf_id=vnf_id):
            dissolve.dissolve(self._context, group)
        self._let_go(store.checkpoints(vnf_id=vnf_id))
        store.delete_vnf(vnf_id)

    def protect(self, vnf_id: str, descriptor: bytes | None) -> model.Vnf:
        """Protect a VNF by a descriptor given now, or by its own again.

        Members that another mechanism needed are removed later, one by
        one; where there is no policy any more, now.

        :raises ValueError: there is no policy, somebody else heals a
            server, or the mechanism is to change while a server of NHAM's
            own serves.
        :raises AdapterError: a member cannot be removed now.
        """
        store = self._context.store
        vnf = store.vnf(vnf_id)
        if descriptor is not None:
            read = self._vnfds.parse(descriptor)
        elif vnf.vnfd_id is not None and vnf.source in self._context.vnfms:
            vnfm = self._context.vnfms[vnf.source]
            self._vnfds.forget(vnf.vnfd_id)
            read = self._vnfds.read(vnfm, vnf.vnfd_id)
        else:
            raise ValueError("descriptor: needed, the VNF has no VNFM")
        if not read.policies:
            raise ValueError("policies: no resiliency policy in descriptor")
        others = owners.claims_on(self._context, vnf, self._tolerated)
        if others:
            raise ValueError(f"servers: {others}")
        change.prepare(self._context, vnf, read.policies)
        vnf = dataclasses.replace(
            vnf,
            policies=read.policies,
            state=states.VnfState.PROTECTED,
            reason="",
        )
        store.save_vnf(vnf)
        return vnf

    def _guarded(
        self, source: str, vnfm: vnfm_base.Vnfm, record: vnfm_base.VnfRecord
    ) -> None:
        """Take one VNF in; what is wrong with it harms no other.

        Another engine may take it in or remove it at the same moment.
        """
        try:
            self._take_in(source, vnfm, record)
        except (
            errors.AdapterError,
            db_errors.Duplicate,
            db_errors.NotFound,
        ) as error:
            LOG.warning("VNF %s: %s; looking again", record.name, error)

    def _take_in(
        self, source: str, vnfm: vnfm_base.Vnfm, record: vnfm_base.VnfRecord
    ) -> None:
        store = self._context.store
        known = store.vnf_by_instance(record.id)
        if not record.instantiated:
            if known is not None and store.groups(vnf_id=known.id):
                self._gone(known)
            return
        vnf = known or self._new(source, record)
        vnf = self._with_policies(vnf, vnfm)
        if vnf.policies:
            servers = owners.servers(self._cloud.read, record)
            others = owners.claims(servers, self._tolerated, record)
            vnf = owners.held(vnf, others)
        if vnf != known:
            store.save_vnf(vnf)
            self._tell(vnf, known)
        if vnf.state is Unprotected:
            return
        if any(o.running for o in vnfm.operations(record.id)):
            # Halfway through an operation the record is of no use.
            return
        if vnf.vnfd_id != record.vnfd_id:
            vnf = package.adopt(
                self._context,
                self._journal,
                vnf,
                record,
                self._vnfds.policies(vnfm, record.vnfd_id),
            )
        wanted = {vnfc.name: vnfc for vnfc in record.vnfcs}
        for group in store.groups(vnf_id=vnf.id):
            if group.vnfc not in wanted:
                dissolve.dissolve(self._context, group)
                self._let_go(store.checkpoints(group_id=group.id))
                store.delete_group(group.id)
        for vnfc in record.vnfcs:
            server = self._cloud.read(vnfc.server_id)
            self._keep_vnfc(vnf, vnfc.name, vnfc.vdu, server)

    def _let_go(self, checkpoints: Sequence[model.Checkpoint]) -> None:
        """Let checkpoints be removed, as what they are of goes."""
        for checkpoint in checkpoints:
            self._context.store.update_checkpoint(
                dataclasses.replace(
                    checkpoint, state=states.CheckpointState.DELETING
                )
            )

    def _new(self, source: str, record: vnfm_base.VnfRecord) -> model.Vnf:
        return model.Vnf(
            id=str(uuid.uuid4()),
            name=record.name or record.id,
            source=source,
            project_id=record.project_id,
            instance_id=record.id,
            vnfd_id=record.vnfd_id,
            created_at=self._context.clock.now(),
        )

    def _with_policies(
        self, vnf: model.Vnf, vnfm: vnfm_base.Vnfm
    ) -> model.Vnf:
        """Return the VNF with the policies of its VNFD, if it has none."""
        if vnf.policies:
            return vnf
        try:
            read = self._vnfds.read(vnfm, str(vnf.vnfd_id))
        except descriptor_errors.DescriptorError as error:
            reason = "; ".join(str(problem) for problem in error.problems)
            return dataclasses.replace(vnf, state=Unprotected, reason=reason)
        if not read.policies:
            return dataclasses.replace(
                vnf, state=Unprotected, reason="no resiliency policy"
            )
        return dataclasses.replace(
            vnf,
            policies=read.policies,
            state=states.VnfState.PROTECTED,
            reason="",
        )

    def _tell(self, vnf: model.Vnf, known: model.Vnf | None) -> None:
        unprotected = vnf.state is Unprotected
        if known is not None and known.reason == vnf.reason:
            return
        self._journal.event(
            states.Severity.WARNING if unprotected else states.Severity.INFO,
            "unprotected" if unprotected else "protected",
            f"{vnf.name}: {vnf.reason or 'protected by its policy'}",
            vnf.id,
        )

    def _keep_vnfc(
        self, vnf: model.Vnf, vnfc: str, vdu: str, server: vim_base.Server
    ) -> None:
        store = self._context.store
        groups = {g.vnfc: g for g in store.groups(vnf_id=vnf.id)}
        group = groups.get(vnfc)
        if group is None:
            group = model.Group(
                id=str(uuid.uuid4()), vnf_id=vnf.id, vnfc=vnfc, vdu=vdu
            )
            store.save_group(group)
        members = store.members(group_id=group.id)
        olds = [member for member in members if member.kind == "vnfc"]
        if any(old.server_id == server.id for old in olds):
            return
        if group.recovery_id is not None and not self._gives_up(group):
            # The recovery knows best which server serves the VNFC.
            return
        self._keep_server(group, server, members, olds)

    def _gives_up(self, group: model.Group) -> bool:
        """End the repair of a standby that the VNFM has replaced.

        Nobody wants that server any more, and it must not run beside the
        new one. Others that run have to do with who serves.
        """
        store = self._context.store
        running = store.recovery(str(group.recovery_id))
        return running.rung == "repair_standby" and store.end_recovery(
            running.id,
            states.RecoveryState.ABORTED,
            self._context.clock.now(),
            "the VNFM has another server for the VNFC by now",
            running.owner,
            running.epoch,
        )

    def _keep_server(
        self,
        group: model.Group,
        server: vim_base.Server,
        members: Sequence[model.Member],
        olds: Sequence[model.Member],
    ) -> None:
        """Write down the VNFM's server for a VNFC, in place of old ones.

        It serves, unless a server of NHAM's own does. Of several that serve
        another one is the primary from now on, as this one has yet to join.
        """
        serves = not any(member.stands_in for member in members)
        heirs = [
            dataclasses.replace(member, role=states.Role.PRIMARY)
            for member in members
            if member.role is states.Role.ACTIVE and serves and olds
        ][:1]
        first = serves and not heirs
        new = model.Member(
            id=str(uuid.uuid4()),
            group_id=group.id,
            server_id=server.id,
            # Beside a member that serves it has yet to be let in.
            role=states.Role.PRIMARY if first else states.Role.FAILED,
            host=server.host,
            image_id=olds[0].image_id if olds else server.image_id,
            volume_backed=server.volume_backed,
            port_id=olds[0].port_id if olds and not heirs else None,
        )
        for old in olds:
            # What is gone gets clients as long as a balancer knows it.
            replica_steps.withdraw(self._context, group, old)
        retired = [
            dataclasses.replace(old, role=states.Role.RETIRED) for old in olds
        ]
        self._context.store.save_member(new, *heirs, *retired)
        if olds and first:
            self.replaced_behind.append(group.id)

    def _remove_gone(self, source: str, present: set[str]) -> None:
        for vnf in self._context.store.vnfs():
            if vnf.source == source and vnf.instance_id not in present:
                self._gone(vnf)

    def _gone(self, vnf: model.Vnf) -> None:
        try:
            self.unregister(vnf.id)
        except errors.AdapterError as error:
            LOG.warning("%s: its standbys stay for now: %s", vnf.name, error)
            return
        except db_errors.NotFound as error:
            LOG.info("%s: another engine was quicker: %s", vnf.name, error)
            return
        self._journal.event(
            states.Severity.INFO,
            "terminated",
            f"{vnf.name} was terminated; its checkpoints go with it",
            vnf.id,
        )
