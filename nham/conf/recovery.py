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


"""[recovery]: how recoveries are run."""

from __future__ import annotations

from oslo_config import cfg

GROUP = cfg.OptGroup("recovery", title="How recoveries are run")

OPTS = [
    cfg.IntOpt(
        "workers",
        default=8,
        min=1,
        max=256,
        help="Recoveries that one engine runs at the same time.",
    ),
    cfg.FloatOpt(
        "lease",
        default=3.0,
        min=1.0,
        max=60.0,
        help="Seconds without a sign of life after which the other engines "
        "take over an engine's recoveries.",
    ),
    cfg.FloatOpt(
        "poll",
        default=0.1,
        min=0.05,
        max=10.0,
        help="Seconds between two looks whether a step of a recovery has "
        "come true in the cloud.",
    ),
    cfg.FloatOpt(
        "orphan_grace",
        default=300.0,
        min=60.0,
        max=86400.0,
        help="Seconds after which a server, port, floating IP or volume of "
        "NHAM's own that no replica group has any more is removed.",
    ),
]
