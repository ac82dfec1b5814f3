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

"""Gathers the facts that one decision looks at.

What is cheap is gathered for all members; what costs a call to the cloud
or the VNFM only for those that are in trouble.
"""

from __future__ import annotations

from collections.abc import Iterable
from collections.abc import Sequence
import dataclasses
import logging
import threading

from nham.adapters import errors
from nham.adapters.vim import base as vim_base
from nham.adapters.vnfm import base as vnfm_base
from nham.core import facts
from nham.core import model
from nham.core import states
from nham.core.decision import ladder
from nham.core.decision import replicas
from nham.engine import cloud as cloud_
from nham.engine import derive
from nham.engine import fleet as fleet_
from nham.engine import settings as settings_
from nham.engine import watch as watch_
from nham.recovery import context

LOG = logging.getLogger(__name__)

#: Only recoveries by the decision count as attempts of the ladder.
_ORDERED = ("restore", "replaced-behind", "came-back-empty", "switchover")
#: No ladder has as many rungs as this, each tried as often as it may be.
_LOOK_BACK = 50


#: What can be seen of a member, its host and its standby without asking
#: anybody.
Signs = tuple[
    facts.Health,
    facts.Health,
    str | None,
    facts.Health | None,
    tuple[facts.StandbyFacts, ...],
]


class Gatherer:
    """Puts facts together from the watch, Nova, the VNFM and the store."""

    def __init__(
        self,
        ctx: context.Context,
        watch: watch_.Watch,
        cloud: cloud_.CloudView,
        settings: settings_.Settings,
    ) -> None:
        self._context = ctx
        self._watch = watch
        self._cloud = cloud
        self._settings = settings
        # The watch's loop and an operator's restore may ask at once.
        self._lock = threading.Lock()

    def troubled(self, fleet: Iterable[fleet_.Entry]) -> dict[str, Signs]:
        """Return the groups about which something is not as usual.

        With the signs that say so: when they change, a decision is due.
        """
        found: dict[str, Signs] = {}
        lost = {
            name
            for name, service in self._cloud.services().items()
            if not service.up
            or self._watch.host_health(name) is facts.Health.DEAD
        }
        for entry in fleet:
            view = self._watch.view(entry.group.id)
            server = self._cloud.server(entry.member.server_id)
            glance = self._at_a_glance(entry)
            if (
                facts.Health.DEAD in (view.app, view.icmp)
                or not glance.as_asked
                or (server is not None and server.status != "ACTIVE")
                or (server is not None and server.host in lost)
                # It is off, so nothing else tells that it is lost.
                or any(
                    one.parked and one.host in lost for one in glance.standbys
                )
            ):
                host = server.host if server else None
                found[entry.group.id] = (
                    view.app,
                    view.icmp,
                    server.status if server else None,
                    self._watch.host_health(host) if host else None,
                    glance.standbys,
                )
        return found

    def gather(
        self,
        fleet: Sequence[fleet_.Entry],
        close: set[str],
    ) -> facts.Facts:
        """Return the facts.

        :param close: groups to look at closely.
        """
        with self._lock:
            self._nova = self._cloud.available
            self._vnfm = True
            members = [
                self._close_up(entry)
                if entry.group.id in close
                else self._at_a_glance(entry)
                for entry in fleet
            ]
            return facts.Facts(
                members=tuple(members),
                hosts=self._hosts(),
                system=self._system(members),
                limits=self._settings.limits,
            )

    def _at_a_glance(self, entry: fleet_.Entry) -> facts.MemberFacts:
        """Return what is known of a member without asking anybody."""
        view = self._watch.view(entry.group.id)
        server = self._cloud.server(entry.member.server_id)
        return facts.MemberFacts(
            group_id=entry.group.id,
            vnf_id=entry.vnf.id,
            vnfc=entry.group.vnfc,
            server_id=entry.member.server_id,
            host=server.host if server else entry.member.host,
            policy=entry.policy,
            app=view.app,
            icmp=view.icmp,
            network=derive.network(entry.policy, server),
            server=facts.ServerFacts(
                status=server.status if server else "ACTIVE",
                task_state=server.task_state if server else None,
            ),
            image_id=entry.member.image_id,
            volume_backed=entry.member.volume_backed,
            # The VNFM knows nothing of a server of NHAM's own.
            vnfm=entry.vnf.source in self._context.vnfms
            and entry.member.kind == "vnfc",
            paused=entry.vnf.paused,
            busy=entry.group.recovery_id is not None,
            member_id=entry.member.id,
            kind=entry.member.kind,
            standbys=tuple(
                self._standby(entry, one) for one in entry.standbys
            ),
            outdated=_outdated(entry, entry.member),
        )

    def _standby(
        self, entry: fleet_.Entry, member: model.Member
    ) -> facts.StandbyFacts:
        view = self._watch.view(member.id)
        server = self._cloud.server(member.server_id)
        return facts.StandbyFacts(
            member_id=member.id,
            server_id=member.server_id,
            host=server.host if server else member.host,
            role=member.role,
            kind=member.kind,
            app=view.app,
            icmp=view.icmp,
            server=facts.ServerFacts(
                status=server.status if server else "ACTIVE",
                task_state=server.task_state if server else None,
            ),
            sequence=member.sequence,
            outdated=_outdated(entry, member),
            parked=member.parked,
        )

    def _close_standby(
        self, standby: facts.StandbyFacts
    ) -> facts.StandbyFacts:
        """Return what is known of a standby when Nova was asked, too."""
        vim, server_id = self._context.vim, standby.server_id
        try:
            unseen = self._cloud.server(server_id) is None
            silent = standby.role is states.Role.ACTIVE and standby.lost
            if server_id and (unseen or silent):
                # Nova's list leaves out what was deleted a while ago, and is
                # older than the silence of one that was just stopped.
                server = vim.server(server_id)
                self._cloud.note(server)
                standby = dataclasses.replace(
                    standby,
                    server=facts.ServerFacts(
                        status=server.status, task_state=server.task_state
                    ),
                )
            if standby.server.status != "SHUTOFF" or standby.parked:
                return standby
            who = cloud_.stopped_by(vim, server_id, self._context.clock.now())
        except errors.NotFound:
            gone = dataclasses.replace(standby.server, status="DELETED")
            return dataclasses.replace(standby, server=gone)
        except errors.AdapterError:
            self._nova = False
            return standby
        stopped = dataclasses.replace(standby.server, stopped_by=who)
        return dataclasses.replace(standby, server=stopped)

    def _close_up(self, entry: fleet_.Entry) -> facts.MemberFacts:
        """Return what is known of a member when everybody was asked."""
        now = self._context.clock.now()
        group = self._context.store.group(entry.group.id)
        repairing = self._repairing(entry, group)
        if group.recovery_id is not None and not repairing:
            # There is nothing to decide, and what a recovery waits for is
            # not to wait for our questions.
            return dataclasses.replace(self._at_a_glance(entry), busy=True)
        server = self._server(entry)
        if self._cloud.was_restarted(entry.member.server_id):
            self._watch.expect(entry.group.id)
        seen = self._watch.view(entry.group.id).last_good_at
        attempts = self._attempts(entry, now)
        glance = self._at_a_glance(entry)
        return dataclasses.replace(
            glance,
            standbys=tuple(map(self._close_standby, glance.standbys)),
            host=server.host if server else entry.member.host,
            silent_for=now - seen if seen else 0.0,
            server=self._server_facts(server),
            affinity=bool(server and server.affinity),
            operation=self._operation(entry, server),
            checkpoints=self._checkpoints(entry, now)
            if self._may_restore(entry, server, attempts)
            else (),
            attempts=attempts,
            busy=glance.busy or group.recovery_id is not None,
            repairing=repairing,
            # Of the fleet as it was read: whoever claimed since then may
            # have changed who serves, and makes our epoch void.
            epoch=entry.group.epoch,
        )

    def _repairing(self, entry: fleet_.Entry, group: model.Group) -> bool:
        """Say whether the group's recovery is only about its standby.

        What was read amidst another one does not count any more.
        """
        before = entry.group.recovery_id
        if group.recovery_id is None or before not in (
            None,
            group.recovery_id,
        ):
            return False
        running = self._context.store.recovery(group.recovery_id)
        return running.rung in replicas.RUNGS

    def _server(self, entry: fleet_.Entry) -> vim_base.Server | None:
        known = self._cloud.server(entry.member.server_id)
        if not self._cloud.available:
            return known
        try:
            server = self._context.vim.server(entry.member.server_id)
        except errors.NotFound:
            return vim_base.Server(
                id=entry.member.server_id,
                name="",
                status="DELETED",
                host=entry.member.host,
            )
        except errors.AdapterError as error:
            LOG.warning("Nova does not answer: %s", error)
            self._nova = False
            return known
        self._cloud.note(server)
        return server

    def _server_facts(
        self, server: vim_base.Server | None
    ) -> facts.ServerFacts:
        if server is None:
            return facts.ServerFacts()
        stopped_by = None
        if server.status == "SHUTOFF" and self._nova:
            try:
                stopped_by = cloud_.stopped_by(
                    self._context.vim, server.id, self._context.clock.now()
                )
            except errors.AdapterError:
                self._nova = False
        return facts.ServerFacts(
            status=server.status,
            task_state=server.task_state,
            stopped_by=stopped_by,
            imaging_for=self._cloud.imaging_for(server.id),
        )

    def _operation(
        self, entry: fleet_.Entry, server: vim_base.Server | None
    ) -> str | None:
        vnf = entry.vnf
        vnfm = self._context.vnfms.get(vnf.source)
        if vnfm is None or vnf.instance_id is None:
            return None
        try:
            operations = vnfm.operations(vnf.instance_id)
            gone = server is not None and server.status in ladder.GONE
            if any(o.running for o in operations):
                return "running"
            if gone and not self._named(entry, vnfm, vnf.instance_id):
                # Its operation is over when our record has followed.
                return "running"
        except errors.NotFound:
            # Somebody deleted the VNF; our record will follow.
            return "running"
        except errors.AdapterError as error:
            # Not knowing is no ground to act against an operation; but a
            # dead VNFM runs none, and its VNFs must not die with it.
            LOG.warning("the VNFM does not answer: %s", error)
            self._vnfm = False
            return None
        return "stuck" if any(o.stuck for o in operations) else None

    @staticmethod
    def _named(
        entry: fleet_.Entry, vnfm: vnfm_base.Vnfm, instance_id: str
    ) -> bool:
        """Say whether the VNFM still has this server for the VNFC.

        It has not when it replaced the server, took the VNFC away, or
        terminated the VNF: the server is gone because somebody wanted it.
        """
        try:
            record = vnfm.vnf(instance_id)
        except errors.NotFound:
            return False
        return any(
            vnfc.name == entry.group.vnfc
            and vnfc.server_id == entry.member.server_id
            for vnfc in record.vnfcs
        )

    def _may_restore(
        self,
        entry: fleet_.Entry,
        server: vim_base.Server | None,
        attempts: tuple[facts.Attempt, ...],
    ) -> bool:
        """Say whether a checkpoint may be needed, whose proof costs time.

        A VM that just died on a living host is started on its own disk.
        """
        if entry.policy.state_protection.method == "hook":
            # The state was in its memory, and its proof costs nothing.
            return True
        if attempts or server is None or server.host is None:
            return True
        service = self._cloud.services().get(server.host)
        lost = service is None or not service.up
        host = self._watch.host_health(server.host)
        return (
            lost
            or host in (facts.Health.DEAD, facts.Health.SLOW)
            or server.status not in ("ACTIVE", "SHUTOFF")
        )

    def _checkpoints(
        self, entry: fleet_.Entry, now: float
    ) -> tuple[facts.CheckpointFacts, ...]:
        found = self._context.store.checkpoints(
            group_id=entry.group.id,
            states=[states.CheckpointState.AVAILABLE],
        )
        usable = []
        wanted = entry.policy.state_protection.engine
        for checkpoint in found:
            if checkpoint.engine != wanted:
                # Of the time before the policy was changed.
                continue
            engine = self._context.engines[checkpoint.engine]
            try:
                why_not = engine.usable(checkpoint)
            except errors.AdapterError as error:
                why_not = f"cannot be proved now: {error}"
            if why_not:
                LOG.warning("checkpoint %s: %s", checkpoint.id, why_not)
            else:
                usable.append(
                    facts.CheckpointFacts(
                        id=checkpoint.id,
                        age=now - checkpoint.cut_at,
                        sequence=checkpoint.sequence,
                    )
                )
        return tuple(usable)

    def _attempts(
        self, entry: fleet_.Entry, now: float
    ) -> tuple[facts.Attempt, ...]:
        ended = [
            recovery
            for recovery in self._context.store.recoveries(
                group_id=entry.group.id, limit=_LOOK_BACK
            )
            if recovery.state is not states.RecoveryState.RUNNING
            and recovery.rule not in _ORDERED
        ]
        probation = entry.policy.escalation.probation
        return tuple(
            derive.attempt(recovery, now)
            for recovery in derive.that_count(ended, now, probation)
        )

    def _hosts(self) -> tuple[facts.HostFacts, ...]:
        records = {r.name: r for r in self._context.store.hosts()}
        found = []
        for name, service in self._cloud.services().items():
            record = records.get(name, model.HostRecord(name=name))
            found.append(
                facts.HostFacts(
                    name=name,
                    probe=self._watch.host_health(name),
                    service=service.up,
                    forced_down=service.forced_down,
                    fence=self._fence(record),
                )
            )
        return tuple(found)

    def _fence(self, record: model.HostRecord) -> facts.Fence:
        if record.fenced_at is not None:
            return facts.Fence.PROVED
        if any(d.can_fence(record.name) for d in self._context.fencing):
            return facts.Fence.POSSIBLE
        return facts.Fence.IMPOSSIBLE

    def _system(
        self, members: Sequence[facts.MemberFacts]
    ) -> facts.SystemFacts:
        store, now = self._context.store, self._context.clock.now()
        recent = store.recoveries(since=now - self._settings.guard_window)
        running = store.recoveries(state=states.RecoveryState.RUNNING)
        return facts.SystemFacts(
            observer_late=self._watch.late,
            lost_networks=derive.lost_networks(members),
            nova=self._nova,
            vnfm=self._vnfm,
            paused=store.setting("paused") is not None,
            recent_recoveries=len(recent),
            host_recoveries=sum(r.fault.zone == "host" for r in running),
        )


def _outdated(entry: fleet_.Entry, member: model.Member) -> bool:
    """Say whether a server of NHAM's own is not as the VNFC is by now."""
    images = {one.image_id for one in entry.members if one.kind == "vnfc"}
    return member.kind == "server" and images not in (
        set(),
        {member.image_id},
    )
