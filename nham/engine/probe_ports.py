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

"""Probe ports: from where members are asked that the engine cannot reach.

There is one for each network on which a policy wants members to be asked, on
the host of this engine. Neutron knows which are there, the plugger which are
plugged; both are asked at each turn, and nothing is written down besides. A
port that does not serve for sure is not asked from: silence behind it would
say nothing about the members.
"""

from __future__ import annotations

from collections.abc import Iterator
from collections.abc import Mapping
from collections.abc import Sequence
import dataclasses
import ipaddress
import logging

from nham import metrics
from nham.adapters import errors
from nham.adapters.plugger import base as plugger_
from nham.adapters.probes import base as probes
from nham.adapters.vim import network_base
from nham.core import plugs
from nham.core import states
from nham.engine import cloud as cloud_
from nham.engine import fleet as fleet_
from nham.engine import housekeeping
from nham.engine import journal as journal_
from nham.engine import settings as settings_
from nham.recovery import context
from nham.recovery import endpoints

LOG = logging.getLogger(__name__)

#: Seconds for which a port stays that no policy asks for any more: after a
#: start the fleet is not known yet, and policies come and go.
LINGER = 30.0
#: Turns in a row that the plugger may miss: it may just be started again.
_MISSES = 2

#: Seconds in which Neutron joins a port to its network, many times over.
_PATIENCE = 15.0

#: A server and the address that it is asked under.
Asked = tuple[str, str]


@dataclasses.dataclass(frozen=True)
class _Serving:
    """A port that serves, and the networks that are near it."""

    origin: probes.Origin
    near: tuple[ipaddress.IPv4Network, ...]


class ProbePorts:
    """Keeps the probe ports of this host as the fleet needs them.

    :param plugger: joins this host to networks; None: nothing does here.
    """

    def __init__(
        self,
        ctx: context.Context,
        cloud: cloud_.CloudView,
        journal: journal_.Journal,
        settings: settings_.Settings,
        plugger: plugger_.Plugger | None,
    ) -> None:
        self._context = ctx
        self._cloud = cloud
        self._journal = journal
        self._settings = settings
        self._plugger = plugger
        self._misses = 0
        self._networks: dict[Asked, str] = {}
        self._serving: dict[str, _Serving] = {}
        #: Since when nobody wants a port, monotonic seconds.
        self._unwanted: dict[str, float] = {}
        #: Since when a port is not joined to its network, likewise.
        self._waiting: dict[str, float] = {}
        self._told: dict[str, str] = {}

    def origin(self, server_id: str, address: str) -> probes.Origin | None:
        """Return the port that asks a server under an address, if any."""
        network_id = self._networks.get((server_id, address))
        serving = self._serving.get(network_id or "")
        if serving is None:
            return None
        ip = ipaddress.ip_address(address)
        return serving.origin if any(ip in o for o in serving.near) else None

    def care(self, fleet: Sequence[fleet_.Entry]) -> bool:
        """Make, plug and remove ports; return whether others serve now."""
        asked = dict(self._asked(fleet))
        if self._plugger is None:
            for vnf_id in asked.values():
                self._tell_once(
                    f"vnf {vnf_id}",
                    "detection.probe_from: port needs a plugger beside each "
                    "engine, and [detection] plugger_socket is not set on "
                    f"{self._settings.host}: this engine does not ask",
                    vnf_id,
                )
            return False
        before = self._serving
        try:
            standing = self._plugger.standing()
        except errors.AdapterError as error:
            self._misses += 1
            if asked and self._misses >= _MISSES:
                self._serving = {}
                self._tell_once("plugger", f"nobody is asked: {error}")
        else:
            self._misses = 0
            self._tell_well("plugger", "the plugger answers again")
            self._keep(self._plugger, standing, asked)
        metrics.probe_ports(
            len(self._serving),
            len({*self._networks.values()} - self._serving.keys()),
        )
        return self._serving != before

    def sweep(self) -> None:
        """Remove the ports of engines that are no more.

        They must be known to this database: others may share the cloud.
        """
        if self._plugger is None:
            return
        hosts = self._context.store.engine_hosts()
        latest = self._context.clock.now() - self._settings.orphan_grace
        try:
            for port in self._context.vim.probe_ports():
                if hosts.get(port.engine_host, latest) < latest:
                    self._context.vim.delete_port(port.id)
                    self._journal.event(
                        states.Severity.WARNING,
                        "orphan-removed",
                        f"probe port {port.id} of {port.engine_host} was left "
                        "behind and is removed",
                    )
        except errors.AdapterError as error:
            LOG.info("probe ports are not swept yet: %s", error)

    def leave(self) -> None:
        """Unplug and remove all ports of this host."""
        if self._plugger is None:
            return
        self._serving = {}
        try:
            standing = self._plugger.standing()
            for port in self._own(standing.host):
                self._remove(self._plugger, port.id)
            for port_id in standing.lives:
                self._plugger.unplug(port_id)
        except errors.AdapterError as error:
            LOG.warning("probe ports are left behind: %s", error)
        self._plugger.close()

    def _asked(
        self, fleet: Sequence[fleet_.Entry]
    ) -> Iterator[tuple[Asked, str]]:
        """Yield what is asked from ports, each with its VNF."""
        for entry in fleet:
            if entry.policy.detection.probe_from != "port":
                continue
            for member in entry.members:
                server = self._cloud.server(member.server_id)
                if member.role is states.Role.FAILED or server is None:
                    continue
                addresses = housekeeping.stays(server.addresses, entry)
                for network in {one.network for one in entry.policy.probes}:
                    found = endpoints.probed_address(
                        entry.policy, addresses, network
                    )
                    if found is not None:
                        yield (member.server_id, found.ip), entry.vnf.id

    def _keep(
        self,
        plugger: plugger_.Plugger,
        standing: plugger_.Standing,
        asked: Mapping[Asked, str],
    ) -> None:
        """Bring what stands in line with what is asked for."""
        if not (asked or self._networks or standing.lives):
            return
        try:
            self._networks = dict(self._look_up(asked))
            found = self._own(standing.host)
        except errors.AdapterError as error:
            # What serves goes on: Neutron is not on the way.
            LOG.info("probe ports are not looked at: %s", error)
            return
        # Two engines may have made one at the same time: the first is used.
        own = {port.network_id: port for port in reversed(found)}
        wanted = {*self._networks.values()}
        serving = {}
        for network_id in sorted(wanted):
            try:
                served = self._serve(
                    plugger, standing, network_id, own.get(network_id)
                )
            except errors.AdapterError as error:
                self._tell_once(network_id, f"network {network_id}: {error}")
                continue
            if served is not None:
                serving[network_id] = served
        self._serving = serving
        needed = {own[one].id for one in wanted & own.keys()}
        known = {*standing.lives, *(port.id for port in found)}
        self._clear(plugger, known - needed)

    def _serve(
        self,
        plugger: plugger_.Plugger,
        standing: plugger_.Standing,
        network_id: str,
        found: network_base.ProbePort | None,
    ) -> _Serving | None:
        """Return the port of a network if it serves; make it, plug it."""
        port = found or self._create(network_id, standing.host)
        life = standing.lives.get(port.id)
        if not life:
            life = self._plug(plugger, port)
            if found:
                # What Neutron said of it was said of its life before.
                LOG.info("probe port %s is plugged anew", port.id)
                return None
        return _serving(port, life) if self._is_active(port) else None

    def _is_active(self, port: network_base.ProbePort) -> bool:
        """Say whether what is sent by a port gets through by now."""
        if port.active:
            self._waiting.pop(port.id, None)
            self._tell_well(
                port.network_id, f"members on {port.network_id} are asked"
            )
            return True
        now = self._context.clock.monotonic()
        if now - self._waiting.setdefault(port.id, now) >= _PATIENCE:
            self._tell_once(
                port.network_id,
                f"network {port.network_id}: Neutron does not join probe port "
                f"{port.id} to it on {port.host}",
            )
        return False

    def _look_up(
        self, asked: Mapping[Asked, str]
    ) -> Iterator[tuple[Asked, str]]:
        """Yield the network of each address that is asked for."""
        for server_id, address in asked:
            known = self._networks.get((server_id, address))
            if known is not None:
                yield (server_id, address), known
                continue
            for port in self._context.vim.ports(server_id):
                if address in port.addresses:
                    yield (server_id, address), port.network_id

    def _own(self, host: str) -> list[network_base.ProbePort]:
        """Return the ports of this host, always in the same order."""
        return [
            port
            for port in self._context.vim.probe_ports()
            if (port.host, port.engine_host) == (host, self._settings.host)
        ]

    def _create(self, network_id: str, host: str) -> network_base.ProbePort:
        made = self._context.vim.create_probe_port(
            network_id, host, self._settings.host
        )
        LOG.info("probe port %s on network %s", made.id, network_id)
        return made

    def _plug(
        self, plugger: plugger_.Plugger, port: network_base.ProbePort
    ) -> str:
        return plugger.plug(
            plugs.Plug(
                port=port.id,
                mac=port.mac,
                addresses=port.addresses,
                mtu=port.mtu,
            )
        )

    def _clear(self, plugger: plugger_.Plugger, unwanted: set[str]) -> None:
        """Remove the ports that nobody has wanted for a while."""
        now = self._context.clock.monotonic()
        self._unwanted = {
            one: self._unwanted.get(one, now) for one in unwanted
        }
        for port_id, since in self._unwanted.items():
            if now - since >= LINGER:
                try:
                    self._remove(plugger, port_id)
                except errors.AdapterError as error:
                    LOG.info("port %s stays for now: %s", port_id, error)

    def _remove(self, plugger: plugger_.Plugger, port_id: str) -> None:
        plugger.unplug(port_id)
        self._context.vim.delete_port(port_id)
        LOG.info("probe port %s is removed", port_id)

    def _tell_once(
        self, about: str, message: str, vnf_id: str | None = None
    ) -> None:
        """Write an event, unless it was the last one about that."""
        if self._told.get(about) == message:
            return
        self._told[about] = message
        self._journal.event(
            states.Severity.WARNING,
            "probe-port-missing",
            message,
            vnf_id,
            self._settings.host,
        )

    def _tell_well(self, about: str, message: str) -> None:
        """Write that what an event told of is over."""
        if self._told.pop(about, None) is not None:
            self._journal.event(
                states.Severity.INFO,
                "probe-port-back",
                message,
                host=self._settings.host,
            )


def _serving(port: network_base.ProbePort, life: str) -> _Serving:
    near = tuple(ipaddress.IPv4Interface(o).network for o in port.addresses)
    return _Serving(probes.Origin(port.id, life), near)
