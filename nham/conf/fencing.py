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


"""[fencing]: how it is made sure that what failed does not serve."""

from __future__ import annotations

from oslo_config import cfg
from oslo_config import types

GROUP = cfg.OptGroup(
    "fencing", title="How it is made sure that what failed does not serve"
)

OPTS = [
    cfg.ListOpt(
        "host_drivers",
        default=[],
        item_type=types.String(max_length=64),
        help="Drivers of the namespace nham.fencing that cut hosts off, in "
        "the order in which they are tried, e.g. redfish, command. With none, "
        "an operator must confirm each dead host (openstack nham host "
        "fenced).",
    ),
    cfg.ListOpt(
        "member_drivers",
        default=["port"],
        item_type=types.String(max_length=64),
        help="Drivers of the namespace nham.fencing.member that cut single "
        "members off, in the order in which they are tried: port disables "
        "the member's ports, nova stops its server, agent has its host's "
        "agent end its process. Where engines listen to agents: agent, port.",
    ),
    cfg.FloatOpt(
        "patience",
        default=20.0,
        min=0.1,
        max=300.0,
        help="Seconds that each driver has to give proof; then the next one "
        "is tried, too. A driver that does not even answer in that time is "
        "given up. Fencing a host takes some 60 seconds at most, which "
        "its drivers share evenly if they are too many.",
    ),
]
