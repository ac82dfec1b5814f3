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


"""[checkpoints]: how the state of VNFs is kept."""

from __future__ import annotations

from oslo_config import cfg

GROUP = cfg.OptGroup("checkpoints", title="How the state of VNFs is kept")

OPTS = [
    cfg.IntOpt(
        "parallel",
        default=2,
        min=1,
        max=100,
        help="Checkpoints that one engine takes at the same time; each "
        "costs the hosts and the image store bandwidth.",
    ),
    cfg.FloatOpt(
        "timeout",
        default=600.0,
        min=10.0,
        max=86400.0,
        help="Seconds after which a checkpoint that is not whole counts as "
        "torn.",
    ),
]
