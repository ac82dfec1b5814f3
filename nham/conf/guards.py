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


"""[guards]: limits that keep NHAM from making a bad day worse."""

from __future__ import annotations

from oslo_config import cfg

GROUP = cfg.OptGroup(
    "guards", title="Limits that keep NHAM from making a bad day worse"
)

OPTS = [
    cfg.FloatOpt(
        "share",
        default=0.5,
        min=0.01,
        max=1.0,
        help="Share of the watched hosts that may look dead within the "
        "window; if more do, NHAM suspects what is between it and them and "
        "recovers nothing until an operator says so or fewer look dead.",
    ),
    cfg.FloatOpt(
        "window",
        default=60.0,
        min=1.0,
        max=3600.0,
        help="Seconds over which the limits of this section count.",
    ),
    cfg.IntOpt(
        "recoveries",
        default=10,
        min=1,
        max=10000,
        help="Recoveries that may begin within the window; more wait, the "
        "most important ones first.",
    ),
    cfg.IntOpt(
        "host_parallel",
        default=4,
        min=1,
        max=1000,
        help="Members that may be moved off dead hosts at the same time.",
    ),
    cfg.FloatOpt(
        "image_pause",
        default=10.0,
        min=0.0,
        max=3600.0,
        help="Seconds that a guest may be silent because Nova takes an image "
        "of it. Make it as long as an image takes where Nova suspends guests "
        "for that (LVM disks, or disable_libvirt_livesnapshot); elsewhere "
        "a guest that dies under an image is recovered that much later.",
    ),
]
