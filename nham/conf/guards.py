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
from oslo_config import types

from nham.core import ownership

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
    cfg.IntOpt(
        "correlated_members",
        default=3,
        min=2,
        max=1000,
        help="Members that fail within the window on one host that answers; "
        "that many of them make it the host that is suspected, and it is put "
        "in quarantine: no new members go there, and those that another "
        "member can stand in for are moved, one at a time, until an operator "
        "releases it.",
    ),
    cfg.IntOpt(
        "correlated_vnfs",
        default=2,
        min=1,
        max=1000,
        help="VNFs that these members must be of: what is wrong with one VNF "
        "is no fault of a host.",
    ),
    cfg.IntOpt(
        "host_faults",
        default=3,
        min=2,
        max=1000,
        help="Losses of one host as a whole within its probation; that many "
        "of them put it in quarantine, though it is back.",
    ),
    cfg.FloatOpt(
        "host_probation",
        default=3600.0,
        min=1.0,
        max=604800.0,
        help="Seconds for which the loss of a host as a whole counts against "
        "it.",
    ),
    cfg.ListOpt(
        "tolerated_healers",
        default=[],
        item_type=types.String(
            choices=[healer.name for healer in ownership.HEALERS]
        ),
        help="Other healers that leave the servers of NHAM's VNFs alone, "
        "though they have a claim to them. A VNF with a server that any "
        "other healer has a claim to is not protected, as two that heal one "
        "server fight: octavia (amphorae), masakari (HA_Enabled in a "
        "server's metadata), heat (stacks with alarms), tacker "
        "(isAutohealEnabled of a VNF).",
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
