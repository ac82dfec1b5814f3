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


"""[stores]: where the states that VNFs hand out are kept."""

from __future__ import annotations

from oslo_config import cfg

GROUP = cfg.OptGroup(
    "stores", title="Where the states that VNFs hand out are kept"
)

OPTS = [
    cfg.StrOpt(
        "driver",
        default="database",
        choices=[
            (
                "database",
                "In NHAM's own database, where all engines find them; a "
                "state may be as large as the server takes in one go "
                "(max_allowed_packet of MariaDB).",
            ),
            (
                "file",
                "In a directory, which engines on several machines must "
                "share.",
            ),
        ],
        help="How states are kept.",
    ),
    cfg.StrOpt(
        "folder",
        default="$state_path/state",
        help="Directory of the states, for the driver file.",
    ),
    cfg.StrOpt(
        "key_file",
        help="File with the key that states are encrypted with: 32 bytes in "
        "base64 (openssl rand -base64 32), the same for all engines. With "
        "none, states are kept as they are. States kept before a key was "
        "set can still be read; with another key they cannot.",
    ),
]
