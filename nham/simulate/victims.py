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


"""Whom a mishap of a seeded history hits."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nham.simulate import injection

if TYPE_CHECKING:
    from nham.simulate import history as history_


def victim(history: history_.History) -> tuple[injection.Place, str]:
    """Return a VNFC and its server, or NHAM's own server for it."""
    instance_id = history.chance.choice(history.instances)
    return history.chance.choice(servers(history, instance_id))


def servers(
    history: history_.History, instance_id: str
) -> list[tuple[injection.Place, str]]:
    """Return the servers of a VNF's VNFCs, those of NHAM's own too."""
    found = []
    for vnfc in history.world.tacker.get(instance_id).vnfcs:
        found.append(((instance_id, vnfc.record().name), vnfc.server_id))
    for place, group in injection.places(history.lab).items():
        if place[0] == instance_id:
            for member in history.lab.store.members(group_id=group.id):
                if member.kind == "server" and member.server_id:
                    found.append((place, member.server_id))
    return found


def on_host(
    history: history_.History, host: str
) -> frozenset[injection.Place]:
    """Return the VNFCs that Nova, or the truth, has on a host."""
    found = set()
    for instance_id in history.instances:
        for place, server_id in servers(history, instance_id):
            guests = history.world.physics.guests_of(server_id)
            server = history.world.nova.servers[server_id]
            if host in (server.host, *(guest.host for guest in guests)):
                found.add(place)
    return frozenset(found)
