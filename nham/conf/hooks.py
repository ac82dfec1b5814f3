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


"""[hooks]: how the applications of VNFs are asked for their state."""

from __future__ import annotations

from oslo_config import cfg

GROUP = cfg.OptGroup(
    "hooks", title="How the applications of VNFs are asked for their state"
)

OPTS = [
    cfg.IntOpt(
        "workers",
        default=8,
        min=1,
        max=256,
        help="VNFs that one engine asks for their state at the same time.",
    ),
    cfg.StrOpt(
        "secrets_dir",
        default="/etc/nham/secrets",
        help="Directory of the tokens that descriptors name, one file for "
        "each; others than its owner and group must not read them.",
    ),
]
