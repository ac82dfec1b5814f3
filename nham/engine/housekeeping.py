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

"""Housekeeping: engines that died, hosts that returned, who is watched."""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Iterable
from collections.abc import Sequence
import dataclasses
import logging

from nham import metrics
from nham.adapters import errors
from nham.adapters.probes import base as probes
from nham.adapters.vim import base as vim_base
from nham.adapters.vim import tags
from nham.core import model
from nham.core import shards
from nham.core import states
from nham.engine import cloud as cloud_
from nham.engine import fleet as fleet_
from nham.engine import journal as journal_
from nham.engine import settings as settings_
from nham.engine import targets
from nham.engine import watch as watch_
from nham.recovery import context
from nham.recovery import endpoints

#: Returns the probe port that asks a server under an address, if it serves.
Origins = Callable[[str, str], probes.Origin | None]

LOG = logging.getLogger(__name__)

#: Nova refuses tags of a server that is being made or is broken.
_TAKES_TAGS = ("ACTIVE", "SHUTOFF", "PAUSED", "SUSPENDED")
#: A report that was under way when the host was fenced counts for nothing.
_REPORT_SLACK = 5.0
#: Seconds within which Nova's list says of what a disk was made.
_DISK_SLACK = 5.0


class Housekeeper:
    """Keeps order among engines and hosts.

    :param start: is given the id of each recovery that was taken over.
    :param origin: finds the probe ports that members are asked from.
    :ivar shard: what of the routine work is this engine's, by the engines
        that it knew of when it last looked.
    """

    def __init__(
        self,
        ctx: context.Context,
        watch: watch_.Watch,
        cloud: cloud_.CloudView,
        journal: journal_.Journal,
        settings: settings_.Settings,
        owner: str,
        start: Callable[[str], None],
        origin: Origins = lambda _server_id, _address: None,
    ) -> None:
        self._context = ctx
        self._watch = watch
        self._cloud = cloud
        self._journal = journal
        self._settings = settings
        self._owner = owner
        self._start = start
        self._origin = origin
        #: Hosts that wait for a restart of their nova-compute.
        self._unclean: set[str] = set()
        self.shard = shards.Shard(owner)

    def beat(self) -> None:
        """Say that this engine lives."""
        self._context.store.engine_beat(
            self._owner, self._settings.host, self._context.clock.now()
        )

    def take_over(self) -> list[str]:
        """Go on with the work of engines that are no more."""
        store, now = self._context.store, self._context.clock.now()
        alive = store.engines_alive(now - self._settings.lease)
        others = frozenset(alive - {self._owner})
        self.shard = shards.Shard(self._owner, others)
        taken = []
        for recovery in store.recoveries(
            state=states.RecoveryState.RUNNING, bare=True
        ):
            if recovery.owner == self._owner or recovery.owner in alive:
                continue
            if store.take_over(recovery.id, recovery.owner, self._owner):
                self._journal.event(
                    states.Severity.WARNING,
                    "recovery-taken-over",
                    f"recovery {recovery.id}: its engine is gone",
                    recovery.vnf_id,
                )
                taken.append(recovery.id)
                self._start(recovery.id)
        return taken

    def look_up_addresses(
        self, fleet: Sequence[fleet_.Entry], wanted: frozenset[str]
    ) -> set[str]:
        """Ask Nova for servers that the bulk list does not have yet.

        :param wanted: groups to look up again, known or not.
        :returns: the groups for which Nova had no answer.
        """
        unknown = set()
        for entry in fleet:
            server_id = entry.member.server_id
            known = self._cloud.server(server_id) is not None
            if known and entry.group.id not in wanted:
                continue
            try:
                self._cloud.note(self._context.vim.server(server_id))
            except errors.NotFound:
                # Nova's list leaves out what is gone, and so does ours of
                # an engine that has begun since.
                self._cloud.note(_gone(entry.member))
            except errors.AdapterError as error:
                LOG.info("server %s: %s", server_id, error)
                # Where NHAM moves the address, it knows it by itself.
                moved = known and entry.group.service is not None
                if not moved:
                    unknown.add(entry.group.id)
        return unknown

    def watch_members(self, fleet: Sequence[fleet_.Entry]) -> None:
        """Let the watch ask all members under their present addresses."""
        watched = []
        for entry in fleet:
            for member in entry.members:
                self._note_answer(member)
                known = self._watched(entry, member)
                if known is not None:
                    watched.append(known)
        self._watch.set_members(watched)

    def _watched(
        self, entry: fleet_.Entry, member: model.Member
    ) -> targets.Watched | None:
        """Return how a member is watched; None if nobody can ask it."""
        if entry.policy.detection.probe_from == "port":
            return self._watched_from_port(entry, member)
        driver = entry.policy.service_address.driver
        mover = self._context.movers.get(driver)
        own = endpoints.asked_address(
            entry.group, member, mover is not None and mover.asked
        )
        server = self._cloud.server(member.server_id)
        if member.role is states.Role.FAILED or (own or server) is None:
            return None
        if member.parked and server and server.status == "SHUTOFF":
            return None
        fixed = server.addresses if server else ()
        addresses = fixed if own is None else (own, *stays(fixed, entry))
        return targets.Watched(
            group_id=context.subject(member),
            policy=entry.policy,
            addresses=addresses,
            answered=member.answered,
        )

    def _watched_from_port(
        self, entry: fleet_.Entry, member: model.Member
    ) -> targets.Watched | None:
        """Return how a member is watched from ports on its networks."""
        server = self._cloud.server(member.server_id)
        if member.role is states.Role.FAILED or server is None:
            return None
        if member.parked and server.status == "SHUTOFF":
            return None
        addresses = stays(server.addresses, entry)
        found = {
            one.ip: self._origin(member.server_id, one.ip) for one in addresses
        }
        return targets.Watched(
            group_id=context.subject(member),
            policy=entry.policy,
            addresses=addresses,
            answered=member.answered,
            origins={ip: origin for ip, origin in found.items() if origin},
        )

    def _note_answer(self, member: model.Member) -> None:
        """Write down that a member answered, for engines to come."""
        if member.answered or member.parked:
            return
        view = self._watch.view(context.subject(member))
        if view.last_good_at is not None:
            self._context.store.note_answer(member.id)

    def check_disks(self, fleet: Sequence[fleet_.Entry]) -> None:
        """Forget what the disks held that others have made anew since.

        The VNFM does so with a VNF's new package, and with it the disk of
        the VNFC, which may be the standby. Of volumes Nova says nothing:
        who is about to use one asks Cinder.
        """
        for entry in fleet:
            if not entry.policy.on_disk or entry.group.recovery_id is not None:
                continue
            for member in entry.standbys:
                if self._is_another(entry, member):
                    LOG.warning("%s has another disk by now", member.id)
                    self._context.store.note_state(member.id, 0, None)

    def _is_another(self, entry: fleet_.Entry, member: model.Member) -> bool:
        """Say whether a disk is of another image than NHAM had it made of."""
        server = self._cloud.server(member.server_id)
        age = self._context.clock.now() - (member.disk_at or 0.0)
        if server is None or server.volume_backed or age < _DISK_SLACK:
            return False
        return bool(member.disk_sequence) and not any(
            self._context.engines[one.engine].underlies(one, server)
            for one in entry.saved
            if one.sequence == member.disk_sequence
        )

    def tag_servers(self, fleet: Sequence[fleet_.Entry]) -> None:
        """Let each server of NHAM's own say what it is for by now."""
        for entry in fleet:
            for member in entry.members:
                server = self._cloud.server(member.server_id)
                if member.kind == "server" and server is not None:
                    self._tag(entry.vnf.id, member, server)

    def _tag(
        self, vnf_id: str, member: model.Member, server: vim_base.Server
    ) -> None:
        wanted = tags.renewed(server.tags, tags.of_member(vnf_id, member))
        if server.status not in _TAKES_TAGS or set(wanted) == set(server.tags):
            return
        try:
            self._context.vim.tag_server(server.id, wanted)
        except errors.AdapterError as error:
            LOG.info("%s keeps its tags for now: %s", member.name, error)
            return
        self._cloud.note_tags(server.id, wanted)

    def tell_detection(self, fleet: Sequence[fleet_.Entry]) -> None:
        """Let the metrics say how well failures are detected."""
        for entry in fleet:
            found = self._watch.quality(entry.group.id)
            if found:
                metrics.detection(
                    entry.vnf.name,
                    entry.group.vnfc,
                    max(one.detection_time for one in found),
                    max(one.timeout for one in found),
                    sum(one.accuracy.mistakes for one in found),
                    min(one.accuracy.accuracy for one in found),
                )

    def watch_hosts(self) -> None:
        """Let the watch ask all compute hosts."""
        self._watch.set_hosts(
            {
                name: service.address
                for name, service in self._cloud.services().items()
                if service.address
            }
        )

    def welcome_hosts(self) -> None:
        """Let hosts serve again that came back clean.

        A nova-compute removes the guests that were evacuated from it
        before it first reports, so a report that is newer than the fence
        proves that nothing stale runs there.
        """
        services = self._cloud.services()
        for record in self._context.store.hosts():
            service = services.get(record.name)
            if service is None or not self._is_back(record, service.seen_at):
                continue
            if record.forced_down and not self._lift(record.name):
                continue
            self._context.store.save_host(
                dataclasses.replace(
                    record, fenced_at=None, proof="", forced_down=False
                )
            )
            self._journal.event(
                states.Severity.INFO,
                "host-back",
                f"{record.name} reports again and may serve",
                host=record.name,
            )

    def _lift(self, host: str) -> bool:
        """Let Nova use a host again; say whether Nova heard it."""
        try:
            self._context.vim.force_down(host, False)
        except errors.Conflict:
            self._tell_to_restart(host)
            return False
        except errors.AdapterError as error:
            LOG.warning("%s stays forced down for now: %s", host, error)
            return False
        self._unclean.discard(host)
        return True

    def _tell_to_restart(self, host: str) -> None:
        """Say once that only its operator can make a host clean."""
        if host in self._unclean:
            return
        self._unclean.add(host)
        self._journal.event(
            states.Severity.WARNING,
            "host-not-clean",
            f"{host} reports again, but what Nova has evacuated from it may "
            "still be there: restart nova-compute on it",
            host=host,
        )

    def _is_back(
        self, record: model.HostRecord, seen_at: float | None
    ) -> bool:
        since = record.fenced_at
        if since is None or seen_at is None:
            return False
        running = self._context.store.recoveries(
            state=states.RecoveryState.RUNNING, bare=True
        )
        if any(r.fault.subject == record.name for r in running):
            return False
        return seen_at > since + _REPORT_SLACK


def _gone(member: model.Member) -> vim_base.Server:
    """Return what Nova would say of a member's server that it has no more."""
    return vim_base.Server(
        id=member.server_id,
        name=member.name or member.server_id,
        status="DELETED",
        host=member.host,
        image_id=member.image_id,
    )


def stays(
    addresses: Iterable[vim_base.Address], entry: fleet_.Entry
) -> tuple[vim_base.Address, ...]:
    """Return those that stay with their server whatever else moves.

    What Nova says of addresses that move is late by seconds after a move.
    """
    moves = entry.policy.service_address.address
    return tuple(
        one for one in addresses if one.kind == "fixed" and one.ip != moves
    )
