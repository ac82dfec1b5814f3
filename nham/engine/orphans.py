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

"""Removes what a member or a group left in the cloud and nobody owns.

An engine may die between asking the cloud for something and writing that
down, while the group is taken apart by another engine. What was asked for
then appears later, and no record of a member names it.

Two things must agree before anything is removed: our own trace of the owner,
by which it is looked for, and its mark in the cloud. Whatever else is there
is never even looked at.
"""

from __future__ import annotations

import logging

from nham.adapters import errors
from nham.adapters.vim import base as vim_base
from nham.adapters.vim import network_base
from nham.adapters.vim import tags
from nham.core import model
from nham.core import states
from nham.engine import journal as journal_
from nham.recovery import context
from nham.recovery import replica_steps

LOG = logging.getLogger(__name__)


class Collector:
    """Collects what was left, after a time of grace.

    :param grace: seconds for which nothing may have owned a thing; longer
        than any call that is still under way can take.
    """

    def __init__(
        self, ctx: context.Context, journal: journal_.Journal, grace: float
    ) -> None:
        self._context = ctx
        self._journal = journal
        self._grace = grace

    def run(self) -> None:
        """Look once for what nobody owns; it may be called at any time.

        A trace ends with the first look that finds nothing.
        """
        store, now = self._context.store, self._context.clock.now()
        for trace in store.ownerless():
            if trace.left_at is None:
                store.note_left(trace.id, now)
            elif now - trace.left_at >= self._grace:
                self._look(trace)

    def _look(self, trace: model.Trace) -> None:
        try:
            removed = self._remove(trace)
        except errors.AdapterError as error:
            LOG.info("%s: not collected yet: %s", trace.id, error)
            return
        if not removed:
            self._context.store.end_trace(trace.id)

    def _remove(self, trace: model.Trace) -> bool:
        """Ask for what is left to be removed; say if there was anything.

        The volume that a server boots from goes with it; the ports wait
        until it has let them go.
        """
        vim = self._context.vim
        servers = self._servers(trace)
        for server in servers:
            if server.task_state != "deleting":
                vim.delete_server(server.id, with_volume=True)
                self._say("server", server.name, server.id)
        if servers:
            return True
        ports = self._ports(trace)
        for port in reversed(ports):
            vim.delete_port(port.id)
            self._say("port", trace.name, port.id)
        name = replica_steps.access_name(trace.id)
        addresses = vim.find_floating_ips(name)
        for address in addresses:
            vim.delete_floating_ip(address.id)
            self._say("floating IP", address.ip, address.id)
        return self._delete_stored(trace) or bool(ports or addresses)

    def _delete_stored(self, trace: model.Trace) -> bool:
        """Delete volumes and what they were made of; say if there were any."""
        if not trace.name:
            return False
        vim, mark = self._context.vim, tags.of_owner(trace.id)
        volumes = [
            one
            for one in vim.find_volumes(trace.name)
            if one.description == mark
        ]
        snapshots = [
            one
            for one in vim.find_snapshots(trace.name)
            if one.description == mark
        ]
        for volume in volumes:
            vim.delete_volume(volume.id)
            self._say("volume", trace.name, volume.id)
        for snapshot in snapshots:
            vim.delete_snapshot(snapshot.id)
            self._say("snapshot", trace.name, snapshot.id)
        return bool(volumes or snapshots)

    def _servers(self, trace: model.Trace) -> list[vim_base.Server]:
        if not trace.name:
            return []
        mark = tags.of_owner(trace.id)
        found = self._context.vim.find_servers(trace.name)
        return [one for one in found if mark in one.tags]

    def _ports(self, trace: model.Trace) -> list[network_base.Port]:
        if not trace.name:
            return []
        mark = tags.of_owner(trace.id)
        found = replica_steps.ports_of(self._context.vim, trace.name)
        return [one for one in found if one.description == mark]

    def _say(self, kind: str, name: str, thing_id: str) -> None:
        self._journal.event(
            states.Severity.WARNING,
            "orphan-removed",
            f"{kind} {name} ({thing_id}) was left behind and is removed",
        )
