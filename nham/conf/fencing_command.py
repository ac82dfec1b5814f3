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


"""[fencing_command]: fencing by a command of the operator's."""

from __future__ import annotations

from oslo_config import cfg

GROUP = cfg.OptGroup(
    "fencing_command", title="Fencing by a command of the operator's"
)

OPTS = [
    cfg.StrOpt(
        "off",
        help="Command line that switches a host off; {host} stands for the "
        "host's name. No shell runs it.",
    ),
    cfg.StrOpt(
        "status",
        help="Command line that prints whether a host is off; {host} stands "
        "for the host's name. No shell runs it.",
    ),
    cfg.StrOpt(
        "off_word",
        default="off",
        help="Word in what status prints that proves that the host is off.",
    ),
    cfg.ListOpt(
        "hosts",
        default=[],
        help="Hosts that these commands can fence; empty: all.",
    ),
    cfg.FloatOpt(
        "timeout",
        default=10.0,
        min=0.1,
        max=300.0,
        help="Seconds after which a command is stopped and has failed.",
    ),
]
