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

"""The engine: all its loops as plain calls, without threads of its own.

The service calls each loop from a thread at its own pace; the simulation
calls the same loops in virtual time. What one loop leaves for another
lies in the database, the watch or the fleet.
"""

from __future__ import annotations

from collections.abc import Callable
import dataclasses
import logging
import socket
import uuid

from nham.adapters.plugger import base as plugger_
from nham.adapters.probes import base as probes
from nham.core import decision
from nham.core import member_facts
from nham.core import model
from nham.core import states
from nham.core.decision import takeover
from nham.db import errors as db_errors
from nham.descriptor import reader
from nham.engine import agents
from nham.engine import catalogue
from nham.engine import checkpointing
from nham.engine import cloud
from nham.engine import discover
from nham.engine import dispatch
from nham.engine import entries
from nham.engine import fleet
from nham.engine import gather
from nham.engine import host_view
from nham.engine import housekeeping
from nham.engine import journal
from nham.engine import levels
from nham.engine import lost_state
from nham.engine import orphans
from nham.engine import probe_ports
from nham.engine import retries
from nham.engine import settings as settings_
from nham.engine import vnfds
from nham.engine import watch as watch_
from nham.engine import why as why_
from nham.recovery import context
from nham.recovery import runner

LOG = logging.getLogger(__name__)

#: Seconds for which an application is asked to stand still while its standby
#: takes over; a few times what that takes.
_HOLD = 10


class Engine:
    """One engine process' mind.

    :param ctx: everything outside; its watch is replaced by ours.
    :param start: is given the id of each recovery that is to be run by
        calling ``advance`` until it returns False.
    :param read: reads a descriptor.
    :param submit: runs a job that may wait for a VNF.
    :param estimate: makes what learns the time-outs of a member's probes.
    :param plugger: joins this host to the networks of members.
    """

    def __init__(
        self,
        ctx: context.Context,
        prober: probes.Prober,
        settings: settings_.Settings,
        start: Callable[[str], None],
        read: vnfds.Read = reader.read,
        submit: checkpointing.Submit = lambda job: job(),
        estimate: entries.MakeEstimator = entries.BUILT_IN,
        plugger: plugger_.Plugger | None = None,
    ) -> None:
        self.id = f"{socket.gethostname()}-{uuid.uuid4().hex[:8]}"
        self.settings = settings
        self.watch = watch_.Watch(prober, ctx.clock, settings, estimate)
        self.context = dataclasses.replace(ctx, watch=self.watch)
        self.cloud = cloud.CloudView(ctx.vim, ctx.clock)
        self.journal = journal.Journal(ctx.store, ctx.clock)
        self.runner = runner.Runner(self.context, self.id)
        self.discoverer = discover.Discoverer(
            self.context,
            self.cloud,
            self.journal,
            read,
            settings.tolerated_healers,
        )
        self.catalogue = catalogue.Catalogue(
            self.context, self.cloud, self.journal, settings
        )
        self.checkpointer = checkpointing.Checkpointer(
            self.context,
            self.cloud,
            self.journal,
            settings,
            submit,
            self.catalogue,
        )
        self.hosts = host_view.HostView(
            self.context, self.watch, self.cloud, settings
        )
        self.gatherer = gather.Gatherer(
            self.context, self.watch, self.cloud, settings, self.hosts
        )
        self.explainer = why_.Explainer(self.context, self.gatherer)
        self.dispatcher = dispatch.Dispatcher(
            self.context,
            self.gatherer,
            self.journal,
            self.id,
            start,
            self._hand_over,
        )
        self._lost_state = lost_state.LostState(
            self.context,
            self.journal,
            self.entry,
            self.restore,
            self._have_imported,
        )
        self._submit = submit
        self.probe_ports = probe_ports.ProbePorts(
            self.context, self.cloud, self.journal, settings, plugger
        )
        self.housekeeper = housekeeping.Housekeeper(
            self.context,
            self.watch,
            self.cloud,
            self.journal,
            settings,
            self.id,
            start,
            self.probe_ports.origin,
        )
        self.agent_care = agents.AgentCare(
            self.context, self.cloud, self.journal
        )
        self.collector = orphans.Collector(
            self.context, self.journal, settings.orphan_grace
        )
        self.retrier = retries.Retrier(self.context, self.journal, settings)
        self.fleet: tuple[fleet.Entry, ...] = ()
        self._reader = fleet.Reader(self.context.store)
        self._start = start

    def beat(self) -> None:
        """Say that this engine lives, and take over from dead ones."""
        self.housekeeper.beat()
        self.housekeeper.take_over()

    def poll(self) -> None:
        """Ask Nova, then read the fleet anew and watch it."""
        self.cloud.poll()
        self.reload()
        self.housekeeper.watch_hosts()
        self.agent_care.listen(self.fleet)
        self.agent_care.report()
        if self.cloud.available:
            self.housekeeper.welcome_hosts()
            self.agent_care.restore_leases()
            self.housekeeper.tag_servers(self.fleet)
            self.housekeeper.check_disks(self.fleet)

    def grant(self) -> None:
        """Learn which hosts may have leases, so that the others may not."""
        self.agent_care.grant()

    def join(self) -> None:
        """Join the networks of the members that are asked from there."""
        if self.probe_ports.care(self.fleet):
            self.housekeeper.watch_members(self.fleet)

    def leave(self) -> None:
        """Leave these networks, as nobody here asks any more."""
        self.probe_ports.leave()

    def reload(self) -> None:
        """Read the fleet anew and watch it."""
        # Who asks later may have changed the fleet that is read here.
        wanted = self.watch.stale()
        self.fleet = self._reader.read()
        self.hosts.refresh()
        unknown = self.housekeeper.look_up_addresses(self.fleet, wanted)
        self.housekeeper.watch_members(self.fleet)
        self.watch.refreshed(wanted - unknown)

    def look(self) -> decision.Decision | None:
        """Judge what the prober saw; decide if something is wrong."""
        self.watch.tick()
        if self.cloud.any_restarted:
            for entry in self.fleet:
                for member in entry.members:
                    if self.cloud.was_restarted(member.server_id):
                        self._started_anew(entry, member)
        try:
            return self.dispatcher.run(self.fleet)
        except db_errors.NotFound as error:
            self._gone(error)
            return None

    def _started_anew(self, entry: fleet.Entry, member: model.Member) -> None:
        """Forget what was seen of a member, and what it was given."""
        self.watch.expect(context.subject(member))
        if entry.policy.on_disk:
            # A restart leaves its disk as it is.
            return
        store = self.context.store
        for known in store.members(server_id=member.server_id):
            if known.role in member_facts.FIT_ROLES:
                store.note_state(known.id, 0, known.importing_until)

    def discover(self) -> None:
        """Compare our record with the VNFM's."""
        self.discoverer.run(self.housekeeper.shard)
        self.reload()
        levels.tell(self.context.store, self.fleet)
        self.housekeeper.tell_detection(self.fleet)
        self.retrier.run()
        behind = self.discoverer.replaced_behind
        self.discoverer.replaced_behind = []
        for group_id in behind:
            self._lost_state.put_back(
                group_id,
                "replaced-behind",
                "somebody else replaced the server, its state is gone",
            )

    def collect(self) -> None:
        """Remove what members and groups that are gone have left."""
        self.collector.run()
        self.probe_ports.sweep()

    def checkpoint(self) -> None:
        """Take the checkpoints that are due."""
        try:
            self.checkpointer.run(self.fleet, self.housekeeper.shard)
        except db_errors.NotFound as error:
            self._gone(error)
        while self.checkpointer.emptied:
            group_id, lost = self.checkpointer.emptied.pop(0)
            self._lost_state.put_back(group_id, "came-back-empty", lost)

    def _gone(self, error: db_errors.NotFound) -> None:
        """Go on after a VNF was removed while it was being looked at."""
        LOG.info("%s: it was removed; looking again", error)
        self.reload()

    def advance(self, recovery_id: str) -> bool:
        """Advance a recovery; return whether anything is left of it."""
        if self.runner.advance(recovery_id):
            return True
        recovery = self.context.store.recovery(recovery_id)
        if recovery.state is not states.RecoveryState.RUNNING:
            self.journal.recovery_ended(recovery)
            self.reload()
            self._lost_state.try_older(recovery)
        return False

    def restore(
        self, checkpoint: model.Checkpoint, rule: str, reason: str
    ) -> model.Recovery:
        """Put a checkpoint back on its VNFC's present server.

        :raises checkpointing.NotNow: the VNFC is being recovered, or it
            is not protected any more.
        """
        entry = self.entry(checkpoint.group_id)
        member = self.dispatcher.member(entry)
        verdict = decision.restore_verdict(
            member, checkpoint.id, rule, reason, checkpoint.engine == "hook"
        )
        return self._claimed(verdict, entry, member)

    def _claimed(
        self,
        verdict: decision.Verdict,
        entry: fleet.Entry,
        member: member_facts.MemberFacts,
    ) -> model.Recovery:
        """Begin a recovery that was ordered.

        :raises checkpointing.NotNow: another one of the group is running.
        """
        claimed = self.dispatcher.claims.claim(verdict, entry, member)
        if claimed is None:
            raise checkpointing.NotNow("a recovery of it is running")
        self._start(claimed.id)
        return claimed

    def switchover(self, group_id: str, reason: str) -> model.Recovery:
        """Have a group's standby take over from a member that is well.

        What the VNF would lose is saved just before, and its application
        is asked to stand still until the standby has taken over.

        :raises checkpointing.NotNow: there is no standby that could, a
            recovery is running, or the state cannot be saved now.
        """
        entry = self.entry(group_id)
        # Nobody is asked to stand still for what would be refused.
        _verdict, member = self._take_over(entry, reason, None)
        taken = None
        if entry.policy.stateful:
            # Where several serve no single one can stand still for all, and
            # nobody stands still for as long as a standby takes to boot.
            boots = member.standby is not None and member.standby.parked
            hold = 0 if member.mechanism.spreads or boots else _HOLD
            taken = self.checkpointer.take(entry, "planned_work", hold)
        verdict, member = self._take_over(entry, reason, taken)
        return self._claimed(verdict, entry, member)

    def failback(self, group_id: str, reason: str) -> model.Recovery:
        """Have the server that the VNFM knows serve its VNFC again.

        :raises checkpointing.NotNow: it does, or `switchover` cannot.
        """
        member = self.dispatcher.member(self.entry(group_id))
        why_not = takeover.why_no_failback(member)
        if why_not:
            raise checkpointing.NotNow(why_not)
        return self.switchover(group_id, reason)

    def _take_over(
        self,
        entry: fleet.Entry,
        reason: str,
        taken: model.Checkpoint | None,
    ) -> tuple[decision.Verdict, member_facts.MemberFacts]:
        """Return how the standby takes over, and on which facts.

        :param taken: the state that was saved, or is being saved, for it.
        :raises checkpointing.NotNow: it could not.
        """
        member = self.dispatcher.member(entry)
        held_until = taken.held_until if taken else None
        source = taken.id if taken and entry.policy.on_disk else None
        try:
            verdict = decision.switchover_verdict(
                member, reason, held_until, source
            )
        except ValueError as why_not:
            raise checkpointing.NotNow(str(why_not)) from why_not
        return verdict, member

    def _hand_over(self, group_id: str, reason: str) -> None:
        """Have another member of a group serve, once the state is saved."""

        def job() -> None:
            try:
                self.switchover(group_id, reason)
            except checkpointing.NotNow as why:
                self.hosts.note_refused(group_id)
                LOG.info("%s: no switchover now: %s", group_id, why)

        self._submit(job)

    def entry(self, group_id: str) -> fleet.Entry:
        """Return a group of the fleet as the database has it now.

        :raises checkpointing.NotNow: it is not protected.
        """
        for entry in fleet.load(self.context.store):
            if entry.group.id == group_id:
                return entry
        raise checkpointing.NotNow("it is not protected")

    def _have_imported(
        self, entry: fleet.Entry, rule: str, reason: str
    ) -> None:
        """Have a VNF import the newest state that it takes."""
        member = self.dispatcher.member(entry)
        verdict = decision.restore_verdict(member, None, rule, reason, True)
        self._claimed(verdict, entry, member)
