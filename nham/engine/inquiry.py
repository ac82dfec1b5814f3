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

"""Asks Nova and the VNFM about the members that are in trouble."""

from __future__ import annotations

import dataclasses
import logging

from nham.adapters import errors
from nham.adapters.vim import base as vim_base
from nham.adapters.vnfm import base as vnfm_base
from nham.core import member_facts
from nham.core import states
from nham.core.decision import ladder
from nham.engine import cloud as cloud_
from nham.engine import fleet as fleet_
from nham.engine import past
from nham.recovery import context

LOG = logging.getLogger(__name__)


class Inquiry:
    """What is asked for one decision.

    :ivar nova: Nova has answered all that it was asked.
    :ivar vnfm: and so has the VNFM.
    """

    def __init__(self, ctx: context.Context, cloud: cloud_.CloudView) -> None:
        self._context = ctx
        self._cloud = cloud
        self.nova = cloud.available
        self.vnfm = True

    def server(self, entry: fleet_.Entry) -> vim_base.Server | None:
        """Return a member's server as Nova has it now.

        One that is gone is ``DELETED``. As it was last known, perhaps not
        at all, if Nova does not answer.
        """
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
            self.nova = False
            return known
        self._cloud.note(server)
        return server

    def server_facts(
        self, entry: fleet_.Entry, server: vim_base.Server | None
    ) -> member_facts.ServerFacts:
        """Return what the decision hears of a server, and who stopped it."""
        if server is None:
            return member_facts.ServerFacts()
        stopped_by = None
        if server.status == "SHUTOFF" and self.nova:
            try:
                stopped_by = self._stopped_by(
                    entry, entry.member.id, server.id
                )
            except errors.AdapterError:
                self.nova = False
        return member_facts.ServerFacts(
            status=server.status,
            task_state=server.task_state,
            stopped_by=stopped_by,
            imaging_for=self._cloud.imaging_for(server.id),
        )

    def operation(
        self, entry: fleet_.Entry, server: vim_base.Server | None
    ) -> str | None:
        """Say what the VNFM does to the VNF: ``running``, ``stuck`` or None.

        :param server: the member's server, as it was answered.
        """
        vnf = entry.vnf
        vnfm = self._context.vnfms.get(vnf.source)
        if vnfm is None or vnf.instance_id is None:
            return None
        try:
            operations = vnfm.operations(vnf.instance_id)
            # The VNFM never knew a server of NHAM's own.
            theirs = server if entry.member.kind == "vnfc" else None
            gone = theirs is not None and theirs.status in ladder.GONE
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
            self.vnfm = False
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

    def _stopped_by(
        self, entry: fleet_.Entry, member_id: str, server_id: str
    ) -> str | None:
        """Say who stopped a member that is off.

        :raises AdapterError: Nova does not say.
        """

        def ours(at: float) -> bool:
            return past.gave_up_stopping(self._context, entry, member_id, at)

        now = self._context.clock.now()
        return cloud_.stopped_by(self._context.vim, server_id, now, ours)

    def standby(
        self, entry: fleet_.Entry, standby: member_facts.StandbyFacts
    ) -> member_facts.StandbyFacts:
        """Return what is known of a standby when the cloud was asked, too."""
        if entry.policy.on_disk and self._has_another_volume(entry, standby):
            LOG.warning("%s has another disk by now", standby.member_id)
            standby = dataclasses.replace(standby, sequence=0)
        return self._asked_of(entry, standby)

    def _has_another_volume(
        self, entry: fleet_.Entry, standby: member_facts.StandbyFacts
    ) -> bool:
        """Say whether its volume is not made of what it was made of by us.

        Of a local disk Nova's list tells. Without an answer it counts as
        what we wrote down.
        """
        server = self._cloud.server(standby.server_id)
        if server is None or not server.volumes or not standby.sequence:
            return False
        try:
            return server.volume_backed and not any(
                self._context.engines[one.engine].underlies(one, server)
                for one in entry.saved
                if one.sequence == standby.sequence
            )
        except errors.AdapterError as error:
            LOG.info("disk of %s: %s", standby.member_id, error)
            return False

    def _asked_of(
        self, entry: fleet_.Entry, standby: member_facts.StandbyFacts
    ) -> member_facts.StandbyFacts:
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
                    server=member_facts.ServerFacts(
                        status=server.status, task_state=server.task_state
                    ),
                )
            if standby.server.status != "SHUTOFF" or standby.parked:
                return standby
            who = self._stopped_by(entry, standby.member_id, server_id)
        except errors.NotFound:
            gone = dataclasses.replace(standby.server, status="DELETED")
            return dataclasses.replace(standby, server=gone)
        except errors.AdapterError:
            self.nova = False
            return standby
        stopped = dataclasses.replace(standby.server, stopped_by=who)
        return dataclasses.replace(standby, server=stopped)
