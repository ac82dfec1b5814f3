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


"""[agent_host]: nham-agent on a compute host."""

from __future__ import annotations

from oslo_config import cfg

GROUP = cfg.OptGroup("agent_host", title="nham-agent on a compute host")

OPTS = [
    cfg.ListOpt(
        "engines",
        default=[],
        help="All engines, each as host:port or [IPv6 address]:port, with "
        "the port of their [agent] bind_port; each hears each heartbeat.",
    ),
    cfg.StrOpt(
        "bind_address",
        default="0.0.0.0",  # nosec B104
        help="Address that the agent sends from, of the network between "
        "hosts and engines; :: stands for all of IPv6 and IPv4.",
    ),
    cfg.PortOpt(
        "bind_port",
        default=0,
        help="UDP port that the agent sends from and is answered at; 0: any.",
    ),
    cfg.StrOpt(
        "door",
        help="Address and port, e.g. 10.0.0.21:9897, at which the agent takes "
        "commands for guests from the engines, by TCP. It runs them as "
        "root in the guests, so unset, the default, means none at all. "
        "Only hooks by guest_agent need it.",
    ),
    cfg.StrOpt(
        "hypervisor_uri",
        default="qemu:///system",
        help="Where libvirt is, the same one that nova-compute uses.",
    ),
    cfg.StrOpt(
        "run_dir",
        default="/run/libvirt/qemu",
        help="Directory with libvirt's pid files of the guests.",
    ),
    cfg.StrOpt(
        "state_dir",
        default="/var/lib/nham/agent",
        help="Directory, on a disk of this host, for what the agent has "
        "promised to the engines; only the agent may read it.",
    ),
    cfg.FloatOpt(
        "reason_wait",
        default=0.5,
        min=0.0,
        max=5.0,
        help="Seconds in which libvirt tells why a guest ended, if the "
        "kernel does not tell enough. Before Linux 6.15 it never does, and "
        "each crash is known this much later.",
    ),
    cfg.StrOpt(
        "watchdog",
        help="Watchdog device of this host, e.g. /dev/watchdog, that resets "
        "it when the agent cannot keep its lease; unset: none. Nothing "
        "else may use it.",
    ),
    cfg.IntOpt(
        "watchdog_seconds",
        default=10,
        min=2,
        max=300,
        help="Seconds without a sign of the agent after which the watchdog "
        "resets the host. A restart of the agent must take less.",
    ),
]
