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


"""Checks of the cloud: its services, NHAM's rights there, fencing, clocks."""

from __future__ import annotations

from collections.abc import Sequence
import email.utils

from nham.adapters import errors
from nham.adapters.vim import openstack
from nham.doctor import base
from nham.engine import wiring

#: Nova dates changes by its own clock; NHAM asks for those of so long ago.
_SKEW_ERROR = 5.0
#: Nova's own dates are whole seconds.
_SKEW = 2.0


def keystone(parts: base.Parts) -> base.Findings:
    """Find whether NHAM can sign on, and as whom."""
    roles = sorted(parts.roles())
    if "admin" in roles:
        yield base.well("keystone", f"The roles are {', '.join(roles)}.")
    else:
        yield base.error(
            "keystone",
            f"The role admin is missing; the roles are: {', '.join(roles)}.",
            "Give NHAM's user the role admin in its project.",
        )


def nova(parts: base.Parts) -> base.Findings:
    """Find whether Nova has what NHAM needs, and lists its hosts for it."""
    body = parts.services["nova"].get("/")
    newest = str(body["version"]["version"])
    needed = openstack.EVACUATE_STOPPED
    if _number(newest) < _number(needed):
        yield base.error(
            "nova",
            f"Its newest microversion is {newest}, and NHAM needs {needed}.",
            "Upgrade Nova to 2023.1 (Antelope) or later.",
        )
        return
    hosts = base.compute_hosts(parts)
    usable = sum(hosts.values())
    text = f"Microversion {newest}, {usable} of {len(hosts)} hosts are up."
    if usable > 1:
        yield base.well("nova", text)
    else:
        yield base.warning(
            "nova",
            text,
            "A VNFC is moved to another host, and a standby is on another "
            "one: bring a second host up.",
        )


def neutron(parts: base.Parts) -> base.Findings:
    """Find whether Neutron has routers, which floating IPs need."""
    body = parts.services["neutron"].get("/extensions")
    aliases = {one["alias"] for one in body["extensions"]}
    if "router" in aliases:
        yield base.well("neutron", "It answers, and has floating IPs.")
    else:
        yield base.warning(
            "neutron",
            "It has no routers, and so no floating IPs.",
            "Use another service address driver than floating_ip.",
        )


def cinder(parts: base.Parts) -> base.Findings:
    """Find whether Cinder tells of its backends, as only an admin may ask."""
    body = parts.services["cinder"].get("/scheduler-stats/get_pools")
    yield base.well("cinder", f"It answers, with {len(body['pools'])} pools.")


def glance(parts: base.Parts) -> base.Findings:
    """Find whether Glance answers."""
    parts.services["glance"].get("/images", params={"limit": 1})
    yield base.well("glance", "It answers.")


def tacker(parts: base.Parts) -> base.Findings:
    """Find whether Tacker tells of its VNFs."""
    if parts.vnfm is None:
        yield base.well("tacker", "It is not enabled; it is not asked.")
        return
    found = len(parts.vnfm.vnfs())
    yield base.well("tacker", f"It answers, and has {found} VNFs.")


def octavia(parts: base.Parts) -> base.Findings:
    """Find whether Octavia is there for those policies that need it."""
    wanted = any(
        policy.service_address.driver == "octavia"
        for vnf in parts.store.vnfs()
        for policy in vnf.policies
    )
    if not wanted:
        yield base.well("octavia", "No policy needs it; it is not asked.")
        return
    parts.services["octavia"].get("/lbaas/pools", params={"limit": 1})
    if "load-balancer_admin" in parts.roles():
        yield base.well("octavia", "It answers.")
    else:
        yield base.warning(
            "octavia",
            "It answers, but the role load-balancer_admin is missing.",
            "Give it to NHAM's user, unless Octavia's policy lets every admin "
            "change all pools.",
        )


def fencing(parts: base.Parts) -> base.Findings:
    """Find what can fence each host; only its status is asked."""
    by_agents = set(wiring.AGENTS_FENCE) & set(parts.conf.fencing.host_drivers)
    for host, up in sorted(base.compute_hosts(parts).items()):
        drivers = [one for one in parts.fencing if one.can_fence(host)]
        if by_agents:
            yield base.well(
                "fencing",
                f"Whether its agent can fence {host}, only an engine that "
                "runs can tell.",
            )
        if drivers:
            order = ", ".join(one.name for one in drivers)
            yield base.well("fencing", f"{host} can be fenced by: {order}.")
        elif not by_agents:
            yield base.warning(
                "fencing",
                f"Nothing can fence {host}.",
                "Name a driver in [fencing] host_drivers, or be ready to "
                "confirm by hand: openstack nham host fenced.",
            )
        for driver in drivers:
            yield _fences(driver.name, driver.trouble(host), host) or _said(
                driver.name, driver.proof(host), host, up
            )
    names = parts.conf.fencing.member_drivers
    yield _members(names)
    if parts.conf.agent.bind_port and names[:1] != ["agent"]:
        yield base.warning(
            "fencing",
            "The engines listen to agents, and do not cut members off by "
            "them first: a standby takes over later than it could.",
            "Set [fencing] member_drivers to agent, port.",
        )


def _fences(name: str, trouble: str, host: str) -> base.Finding | None:
    if not trouble:
        return None
    return base.error(
        "fencing",
        f"{name} cannot tell whether {host} is off: {trouble}.",
        f"See [fencing_{name}], and ask for the status by hand.",
    )


def _said(name: str, proof: str | None, host: str, up: bool) -> base.Finding:
    """Return what a status means; it must not say off of one that runs."""
    if proof is None and up:
        return base.well("fencing", f"{name} sees that {host} is on.")
    if proof is None:
        return base.well(
            "fencing",
            f"{name} sees that {host} is on, though Nova does not use it.",
        )
    if not up:
        return base.well("fencing", f"{name} sees that {host} is off.")
    return base.error(
        "fencing",
        f"{name} takes {host} for off, and Nova says that it is up.",
        f"See that [fencing_{name}] leads to the right machine; that of a "
        "command also that off_word is not in what it prints for one that "
        "is on.",
    )


def _members(names: Sequence[str]) -> base.Finding:
    """Return what cuts single members off; one must need no live host."""
    order = ", ".join(names)
    if set(names) - {"nova", "agent"}:
        return base.well("fencing", f"Members are cut off by: {order}.")
    return base.warning(
        "fencing",
        f"Members are cut off by: {order or 'nothing'}. Where a host is "
        "silent, no member of it can be, and no standby takes over.",
        "Name port in [fencing] member_drivers, too.",
    )


def clock(parts: base.Parts) -> base.Findings:
    """Find how far our clock is from that of the cloud's API."""
    answer = parts.services["nova"].send("GET", "/")
    date = answer.headers.get("Date", "")
    try:
        theirs = email.utils.parsedate_to_datetime(date).timestamp()
    except ValueError:
        raise errors.Unavailable("Nova's answer has no date") from None
    skew = abs(parts.clock.now() - theirs)
    text = f"Nova's clock and ours differ by {skew:.0f} s."
    advice = "Let all hosts follow the same time servers (chrony, ntpd)."
    if skew > _SKEW_ERROR:
        yield base.error("clock", text, advice)
    elif skew > _SKEW:
        yield base.warning("clock", text, advice)
    else:
        yield base.well("clock", text)


def _number(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in version.split("."))
