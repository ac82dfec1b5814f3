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


"""[fencing_redfish]: fencing by the hosts' BMCs, asked by Redfish."""

from __future__ import annotations

from oslo_config import cfg

GROUP = cfg.OptGroup(
    "fencing_redfish", title="Fencing by BMCs that speak Redfish"
)

OPTS = [
    cfg.StrOpt(
        "machines",
        help="YAML file with the BMC of each host: by the host's name the "
        "fields address (a URL), username, password and, where a BMC has "
        "several systems, system. Only NHAM's user and group may use it.",
    ),
    cfg.BoolOpt(
        "verify",
        default=True,
        help="Whether a BMC must prove by its certificate who it is. Without "
        "that, whoever takes its place gets the password, and may say that "
        "a host is off which is not.",
    ),
    cfg.StrOpt(
        "ca_file",
        help="File with the certificates of who signs those of the BMCs; "
        "unset: the CAs that the Python package certifi knows.",
    ),
    cfg.FloatOpt(
        "timeout",
        default=5.0,
        min=0.1,
        max=300.0,
        help="Seconds after which a BMC that does not answer has failed.",
    ),
]
