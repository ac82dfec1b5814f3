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


"""[detection]: how failures of VMs and hosts are seen."""

from __future__ import annotations

from oslo_config import cfg

GROUP = cfg.OptGroup(
    "detection", title="How failures of VMs and hosts are seen"
)

OPTS = [
    cfg.FloatOpt(
        "nova_poll_interval",
        default=1.0,
        min=0.2,
        max=60.0,
        help="Seconds between two questions to Nova for changed servers and "
        "for the state of its compute services.",
    ),
    cfg.StrOpt(
        "host_probe",
        default="icmp",
        choices=[
            ("icmp", "Echo requests to the host's address."),
            ("tcp", "Connections to host_probe_port of the host."),
            ("none", "Hosts are not asked; Nova's word alone counts."),
        ],
        help="How the compute hosts themselves are asked whether they live.",
    ),
    cfg.PortOpt(
        "host_probe_port",
        default=22,
        min=1,
        help="Port of the hosts that the probe of type tcp connects to.",
    ),
    cfg.FloatOpt(
        "host_probe_interval",
        default=0.25,
        min=0.05,
        max=60.0,
        help="Seconds between two probes of one host.",
    ),
    cfg.IntOpt(
        "host_probe_misses",
        default=3,
        min=1,
        max=100,
        help="Missed answers in a row after which a host is suspected.",
    ),
    cfg.FloatOpt(
        "observer_lag",
        default=1.0,
        min=0.1,
        max=60.0,
        help="Seconds that NHAM's own probing may be late before it "
        "suspects itself and nobody else.",
    ),
    cfg.StrOpt(
        "plugger_socket",
        help="Path of the Unix socket of the nham-plugger that runs beside "
        "this engine, its [plugger] socket. Unset: no member is asked from "
        "a port on its own network.",
    ),
]
