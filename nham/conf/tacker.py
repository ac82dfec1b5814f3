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


"""[tacker]: the VNF manager."""

from __future__ import annotations

from oslo_config import cfg

GROUP = cfg.OptGroup("tacker", title="The VNF manager")

OPTS = [
    cfg.BoolOpt(
        "enabled",
        default=True,
        help="Protect the VNFs of Tacker; without it NHAM protects only "
        "VNFs that are registered by hand.",
    ),
    cfg.BoolOpt(
        "subscribe",
        default=True,
        help="Ask Tacker for notifications, so that NHAM sees changes at "
        "once; without them it sees a change after reconcile_interval.",
    ),
    cfg.StrOpt(
        "callback_user",
        default="nham",
        help="Name by which Tacker signs on when it notifies NHAM.",
    ),
    cfg.StrOpt(
        "callback_password",
        secret=True,
        help="Password by which Tacker signs on when it notifies NHAM; "
        "without it NHAM accepts no notifications.",
    ),
    cfg.BoolOpt(
        "fail_stuck_operations",
        default=True,
        help="Give up an operation of Tacker that has failed and blocks the "
        "recovery (FAILED_TEMP), and have one tried again that failed because "
        "NHAM took an image of a server; without it such a recovery or "
        "operation waits for the operator.",
    ),
    cfg.FloatOpt(
        "reconcile_interval",
        default=30.0,
        min=1.0,
        max=3600.0,
        help="Seconds between two comparisons of NHAM's record with Tacker's.",
    ),
]
