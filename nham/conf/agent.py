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

"""[agent]: the agents on the compute hosts, as the engine hears them."""

from __future__ import annotations

from oslo_config import cfg

GROUP = cfg.OptGroup("agent", title="The agents on the compute hosts")

OPTS = [
    cfg.HostAddressOpt(
        "bind_host",
        default="0.0.0.0",  # nosec B104
        help="Address at which nham-engine listens to the agents, by UDP.",
    ),
    cfg.PortOpt(
        "bind_port",
        default=0,
        help="Port for it, 9898 by convention; 0: no agents are listened to.",
    ),
    cfg.StrOpt(
        "keys_file",
        default="/etc/nham/agent.keys",
        help="File with the keys that the engines and the agents share: on "
        "each line an id, a space and a secret of at least 64 hexadecimal "
        "digits. The first signs, all verify. Others must not be able to "
        "read it.",
    ),
    cfg.FloatOpt(
        "heartbeat_interval",
        default=0.1,
        min=0.02,
        max=10.0,
        help="Seconds between two heartbeats of an agent, as the agents are "
        "configured.",
    ),
    cfg.IntOpt(
        "misses",
        default=3,
        min=1,
        max=100,
        help="Heartbeats in a row whose lack makes a host suspected.",
    ),
    cfg.FloatOpt(
        "lease",
        default=10.0,
        min=1.0,
        max=3600.0,
        help="Seconds for which an agent lets protected servers run after "
        "an engine last heard it. Used only where [fencing] host_drivers "
        "names lease: then these servers are also ended if no engine, or "
        "no database, answers for that long.",
    ),
    cfg.FloatOpt(
        "drift",
        default=0.01,
        min=0.0,
        max=0.5,
        help="Share by which the clock of a host or of an engine may run "
        "too fast or too slow.",
    ),
    cfg.FloatOpt(
        "stop_allowance",
        default=5.0,
        min=0.1,
        max=600.0,
        help="Seconds within which an agent has ended its servers after "
        "their lease was over.",
    ),
    cfg.BoolOpt(
        "need_watchdog",
        default=True,
        help="The end of a lease is a proof only for hosts that a watchdog "
        "resets if their agent dies. If false, an agent that dies together "
        "with the network leaves servers running that count as fenced.",
    ),
]
