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


"""Checks of each protected VNF: its state, its members, its policies."""

from __future__ import annotations

from nham.core import descriptor
from nham.core import model
from nham.core import ownership
from nham.core import states
from nham.doctor import base
from nham.engine import fleet


def protection(parts: base.Parts) -> base.Findings:
    """Find which VNFs NHAM cannot do for what it promised."""
    found = parts.store.vnfs()
    for vnf in found:
        if vnf.paused:
            yield base.warning(
                vnf.name,
                "It is paused: NHAM watches and does nothing.",
                "When the work on it is done: openstack nham vnf resume.",
            )
        elif vnf.state is not states.VnfState.PROTECTED:
            yield base.warning(
                vnf.name,
                f"It is {vnf.state.value}: {vnf.reason}.",
                "See openstack nham vnf show, and its events.",
            )
    if not found:
        yield base.well("VNFs", "There are none.")


def traps(parts: base.Parts) -> base.Findings:
    """Tell what to know of each policy's service address driver."""
    for entry in fleet.load(parts.store):
        driver = entry.policy.service_address.driver
        for trap in descriptor.DRIVERS[driver].traps:
            yield base.warning(
                _about(entry),
                f"{driver}: {trap}",
                "See whether that can happen to the clients of this VNF.",
            )


def hosts(parts: base.Parts) -> base.Findings:
    """Find members that one host's death would take together."""
    for entry in fleet.load(parts.store):
        seen: dict[str, int] = {}
        for member in entry.members:
            if member.host and member.role is not states.Role.FAILED:
                seen[member.host] = seen.get(member.host, 0) + 1
        for host, number in sorted(seen.items()):
            if number > 1:
                yield base.warning(
                    _about(entry),
                    f"{number} of its members are on {host}.",
                    "Bring another host up, and move one member by a live "
                    "migration.",
                )


def redundancy(parts: base.Parts) -> base.Findings:
    """Find groups that have fewer members than their policy asks for."""
    for entry in fleet.load(parts.store):
        fit = [m for m in entry.standbys if m.role in _FIT]
        missing = entry.policy.num_backups - len(fit)
        if missing > 0:
            yield base.warning(
                _about(entry),
                f"{missing} of {entry.policy.num_backups} backups are "
                "missing.",
                "See openstack nham recovery list for what keeps NHAM from "
                "making them.",
            )


def healers(parts: base.Parts) -> base.Findings:
    """Find servers that somebody else heals, too."""
    tolerated = parts.conf.guards.tolerated_healers
    healed = _healed_by_vnfm(parts)
    for entry in fleet.load(parts.store):
        for member in entry.members:
            if not member.server_id:
                continue
            body = parts.services["nova"].get(f"/servers/{member.server_id}")
            facts = ownership.ServerFacts(
                server_id=member.server_id,
                name=body["server"]["name"],
                metadata=body["server"].get("metadata", {}),
                vnfm=entry.vnf.instance_id is not None,
                autoheal=entry.vnf.instance_id in healed,
            )
            for one in ownership.conflicts([facts]):
                yield base.warning(
                    _about(entry),
                    f"{one.reason}.",
                    "It is tolerated by [guards] tolerated_healers: make "
                    "sure that it does nothing to this server."
                    if one.healer in tolerated
                    else "NHAM stops protecting the VNF when it compares "
                    "the records next.",
                )


def _healed_by_vnfm(parts: base.Parts) -> set[str]:
    """Return the VNF instances that the VNFM heals by itself."""
    known = {vnf.instance_id for vnf in parts.store.vnfs()} - {None}
    if parts.vnfm is None or not known:
        return set()
    return {one.id for one in parts.vnfm.vnfs() if one.autoheal}


def ports(parts: base.Parts) -> base.Findings:
    """Find ports that let a member take any address, a fenced one too."""
    for entry in fleet.load(parts.store):
        for member in entry.members:
            for port_id in _open_ports(parts, member):
                yield base.warning(
                    _about(entry),
                    f"Port {port_id} of server {member.server_id} has no "
                    "port security: the guest may send from any address.",
                    "Enable it, unless the VNF forwards what is not its own.",
                )


def _open_ports(parts: base.Parts, member: model.Member) -> list[str]:
    if not member.server_id:
        return []
    body = parts.services["neutron"].get(
        "/ports", params={"device_id": member.server_id}
    )
    return [
        str(one["id"])
        for one in body["ports"]
        if one.get("port_security_enabled") is False
    ]


def _about(entry: fleet.Entry) -> str:
    return f"{entry.vnf.name} {entry.group.vnfc}"


_FIT = (states.Role.STANDBY, states.Role.ACTIVE)
