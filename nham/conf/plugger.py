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

"""[plugger]: nham-plugger beside an engine."""

from __future__ import annotations

from oslo_config import cfg

GROUP = cfg.OptGroup("plugger", title="nham-plugger beside an engine")

OPTS = [
    cfg.StrOpt(
        "socket",
        default="/run/nham/plugger.sock",
        help="Path of the Unix socket at which the plugger is asked. Its "
        "user and its group alone can connect.",
    ),
    cfg.StrOpt(
        "group",
        help="Group of that socket, the one of the engine. Unset: the "
        "plugger's own.",
    ),
    cfg.StrOpt(
        "ovs_database",
        default="unix:/run/openvswitch/db.sock",
        help="Where ovs-vsctl reaches the Open vSwitch of this host.",
    ),
    cfg.StrOpt(
        "bridge",
        default="br-int",
        help="Bridge of the ports that Neutron binds to this host.",
    ),
]
