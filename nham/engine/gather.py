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

from collections.abc import Sequence
import dataclasses
import threading

from nham.adapters.vim import base as vim_base
from nham.core import facts
from nham.core import member_facts
from nham.core import model
from nham.core import states
from nham.core.decision import replicas
from nham.core.decision import takeover
from nham.engine import cloud as cloud_
from nham.engine import derive
from nham.engine import fleet as fleet_
from nham.engine import host_view
from nham.engine import inquiry as inquiry_
from nham.engine import lookout
from nham.engine import networks
from nham.engine import past
from nham.engine import settings as settings_
from nham.engine import watch as watch_
from nham.engine import witnesses
from nham.recovery import context

Signs = lookout.Signs


class Gatherer:
    """Puts facts together from the watch, Nova, the VNFM and the store."""

    def __init__(
        self,
        ctx: context.Context,
        watch: watch_.Watch,
        cloud: cloud_.CloudView,
        settings: settings_.Settings,
        hosts: host_view.HostView,
    ) -> None:
        self._context = ctx
        self._watch = watch
        self._cloud = cloud
        self._settings = settings
        self._hosts = hosts
        self._lookout = lookout.Lookout(
            watch,
            cloud,
            ctx.agents,
            ctx.clock,
            ages=lambda entry: not entry.alone,
        )
        self._witnesses = witnesses.Witnesses(ctx, watch, cloud, self._lookout)
        # The watch's loop and an operator's restore may ask at once; what
        # one hears of a restart, the watch knows before the other looks.
        self._lock = threading.Lock()
        self._deaths: lookout.Deaths = frozenset()

    def troubled(self, fleet: Sequence[fleet_.Entry]) -> dict[str, Signs]:
        """Return the groups about which something is not as usual.

        With the signs that say so: when they change, a decision is due.
        Only those are looked at of whom something has changed, and once a
        second those that time alone may change.
        """
        self._deaths = self._context.agents.deaths()
        return self._lookout.look(fleet, self._deaths, self._signs)

    def _signs(
        self, entry: fleet_.Entry, lost: frozenset[str]
    ) -> Signs | None:
        """Return what is unusual about a group; None if nothing is.

        :param lost: hosts that are, by Nova's word or our own probe.
        """
        app, icmp = self._watch.health(entry.group.id)
        server = self._cloud.server(entry.member.server_id)
        unusual = facts.Health.DEAD in (app, icmp) or (
            server is not None
            and (server.status != "ACTIVE" or server.host in lost)
        )
        host = server.host if server else entry.member.host
        died = (host, entry.member.server_id) in self._deaths
        if entry.alone and not (unusual or died):
            return None
        glance = self._at_a_glance(entry)
        # It is off, so nothing else tells that it is lost.
        parked = any(
            one.parked and one.host in lost for one in glance.standbys
        )
        calm = glance.as_asked and not (parked or self._can_leave(glance))
        if calm and not (unusual or died):
            return None
        return (
            app,
            icmp,
            server.status if server else None,
            self._watch.host_health(server.host)
            if server and server.host
            else None,
            glance.standbys,
            died,
        )

    def _can_leave(self, member: member_facts.MemberFacts) -> bool:
        """Say whether a member on a closed host might be moved off it."""
        if not (member.replicated and self._hosts.closed(member.host)):
            return False
        return any(
            one.ready and not self._hosts.closed(one.host)
            for one in member.standbys
        )

    def gather(
        self,
        fleet: Sequence[fleet_.Entry],
        close: set[str],
    ) -> facts.Facts:
        """Return the facts.

        :param close: groups to look at closely.
        """
        with self._lock:
            return self._gathered(fleet, close, thorough=False)

    def look(
        self,
        fleet: Sequence[fleet_.Entry],
        close: set[str],
    ) -> facts.Facts:
        """Return the facts for whoever only asks, with all checkpoints.

        Nothing is taken note of, and no decision waits for it.
        """
        return self._gathered(fleet, close, thorough=True)

    def _gathered(
        self,
        fleet: Sequence[fleet_.Entry],
        close: set[str],
        thorough: bool,
    ) -> facts.Facts:
        self._deaths = self._context.agents.deaths()
        inquiry = inquiry_.Inquiry(self._context, self._cloud)
        members = [
            self._close_up(entry, inquiry, thorough)
            if entry.group.id in close
            else self._at_a_glance(entry)
            for entry in fleet
        ]
        members = [
            dataclasses.replace(one, stuck=self._hosts.stuck(one))
            if self._can_leave(one)
            else one
            for one in members
        ]
        return facts.Facts(
            members=tuple(members),
            hosts=tuple(
                dataclasses.replace(
                    host, vouched=self._witnesses.vouch(host, fleet)
                )
                for host in self._hosts.facts()
            ),
            system=self._system(members, inquiry),
            limits=self._settings.limits,
        )

    def _at_a_glance(self, entry: fleet_.Entry) -> member_facts.MemberFacts:
        """Return what is known of a member without asking anybody."""
        view = self._watch.view(entry.group.id)
        server = self._cloud.server(entry.member.server_id)
        host = self._cloud.host_of(entry.member)
        found = member_facts.MemberFacts(
            group_id=entry.group.id,
            vnf_id=entry.vnf.id,
            vnfc=entry.group.vnfc,
            server_id=entry.member.server_id,
            host=host,
            policy=entry.policy,
            app=view.app,
            icmp=view.icmp,
            qemu_died=(host, entry.member.server_id) in self._deaths,
            network=networks.probed(entry.policy, server),
            server=member_facts.ServerFacts(
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
            outdated=entry.outdated(entry.member),
            saved=entry.saved[0].sequence if entry.saved else 0,
        )
        return host_view.marked(found, self._hosts)

    def _standby(
        self, entry: fleet_.Entry, member: model.Member
    ) -> member_facts.StandbyFacts:
        view = self._watch.view(member.id)
        server = self._cloud.server(member.server_id)
        host = self._cloud.host_of(member)
        # Whose process died answers no probe, though none has missed it yet.
        died = (host, member.server_id) in self._deaths
        return member_facts.StandbyFacts(
            member_id=member.id,
            server_id=member.server_id,
            host=host,
            role=member.role,
            kind=member.kind,
            app=facts.Health.DEAD if died else view.app,
            icmp=facts.Health.DEAD if died else view.icmp,
            server=member_facts.ServerFacts(
                status=server.status if server else "ACTIVE",
                task_state=server.task_state if server else None,
            ),
            sequence=derive.has_state(entry.policy, member),
            outdated=entry.outdated(member),
            parked=member.parked,
            worn=derive.worn(entry.policy, member, self._context.clock.now()),
        )

    def _close_up(
        self,
        entry: fleet_.Entry,
        inquiry: inquiry_.Inquiry,
        thorough: bool,
    ) -> member_facts.MemberFacts:
        """Return what is known of a member when everybody was asked.

        :param thorough: prove all checkpoints; and take note of nothing,
            as whoever decides is to hear of a restart.
        """
        now = self._context.clock.now()
        group = self._context.store.group(entry.group.id)
        running = self._running(entry, group)
        repairing = running is not None and running.rung in replicas.RUNGS
        bound = self._witnesses.bound(entry, running)
        if group.recovery_id is not None and not (repairing or bound):
            # There is nothing to decide, and what a recovery waits for is
            # not to wait for our questions.
            return dataclasses.replace(self._at_a_glance(entry), busy=True)
        glance = self._at_a_glance(entry)
        beside = derive.crashed_beside(glance, self._deaths)
        told = glance.qemu_died or beside
        server = self._cloud.server(entry.member.server_id) if told else None
        if server is None:
            server = inquiry.server(entry)
        if not thorough and self._cloud.was_restarted(entry.member.server_id):
            self._watch.expect(entry.group.id)
        seen = self._watch.view(entry.group.id).last_good_at
        attempts = past.attempts(self._context, entry, now)
        glance = self._at_a_glance(entry)
        # The host's word is a proof: a process that died unasked was not
        # stopped by Nova or the VNFM, so they need not be asked before the
        # data plane acts. A repair asks them, as ever.
        passes = glance.qemu_died and takeover.can_fail_over(glance)
        return dataclasses.replace(
            glance,
            standbys=tuple(
                one
                if one.member_id in beside
                else self._silence(inquiry.standby(entry, one), now)
                for one in glance.standbys
            ),
            host=server.host if server else entry.member.host,
            silent_for=now - seen if seen else 0.0,
            server=inquiry.server_facts(entry, server),
            affinity=bool(server and server.affinity),
            operation=None
            if passes or beside
            else inquiry.operation(entry, server),
            checkpoints=past.checkpoints(self._context, entry, now)
            if thorough or self._may_restore(entry, server, attempts)
            else (),
            attempts=attempts,
            busy=glance.busy or group.recovery_id is not None,
            repairing=repairing,
            bound=bound,
            # Of the fleet as it was read: whoever claimed since then may
            # have changed who serves, and makes our epoch void.
            epoch=entry.group.epoch,
        )

    def _silence(
        self, standby: member_facts.StandbyFacts, now: float
    ) -> member_facts.StandbyFacts:
        """Return what is known of a standby, with how long it is silent.

        Not at a glance: what is other each time would never be settled.
        """
        seen = self._watch.view(standby.member_id).last_good_at
        if seen is None or (standby.host, standby.server_id) in self._deaths:
            return standby
        return dataclasses.replace(standby, silent_for=now - seen)

    def _running(
        self, entry: fleet_.Entry, group: model.Group
    ) -> model.Recovery | None:
        """Return the group's recovery that is running.

        None: there is none, or the fleet was read amidst another one, and
        what was read then does not count any more.
        """
        before = entry.group.recovery_id
        if group.recovery_id is None or before not in (
            None,
            group.recovery_id,
        ):
            return None
        return self._context.store.recovery(group.recovery_id)

    def _may_restore(
        self,
        entry: fleet_.Entry,
        server: vim_base.Server | None,
        attempts: tuple[member_facts.Attempt, ...],
    ) -> bool:
        """Say whether a checkpoint may be needed, whose proof costs time.

        A VM that just died on a living host is started on its own disk.
        """
        if entry.policy.state_protection.method == "hook":
            # The state was in its memory, and its proof costs nothing.
            return True
        if entry.policy.on_disk:
            # The disk of its standby may have to be made anew.
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

    def _system(
        self,
        members: Sequence[member_facts.MemberFacts],
        inquiry: inquiry_.Inquiry,
    ) -> facts.SystemFacts:
        store, now = self._context.store, self._context.clock.now()
        recent = store.recoveries(
            since=now - self._settings.guard_window, bare=True
        )
        running = store.recoveries(
            state=states.RecoveryState.RUNNING, bare=True
        )
        return facts.SystemFacts(
            observer_late=self._watch.late,
            lost_networks=networks.lost(members),
            nova=inquiry.nova,
            vnfm=inquiry.vnfm,
            paused=store.setting("paused") is not None,
            recent_recoveries=len(recent),
            host_recoveries=sum(r.fault.zone == "host" for r in running),
        )
