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


"""Rules about VNFs."""

from __future__ import annotations

from nham.policies import base

LIST = "nham:vnf:list"
SHOW = "nham:vnf:show"
REGISTER = "nham:vnf:register"
UNREGISTER = "nham:vnf:unregister"
PROTECT = "nham:vnf:protect"
SET = "nham:vnf:set"
PAUSE = "nham:vnf:pause"
RESUME = "nham:vnf:resume"
SWITCHOVER = "nham:vnf:switchover"
FAILBACK = "nham:vnf:failback"
IMPORT_STATE = "nham:vnf:import_state"
WHY = "nham:vnf:why"

_ONE = "/v1/vnfs/{vnf_id}"
_ACTION = "/v1/vnfs/{vnf_id}/action"

RULES = [
    base.rule(LIST, base.READER, "List VNFs.", "GET", "/v1/vnfs"),
    base.rule(SHOW, base.READER, "Show a VNF.", "GET", _ONE),
    base.rule(
        REGISTER, base.MEMBER, "Register a VNF by hand.", "POST", "/v1/vnfs"
    ),
    base.rule(UNREGISTER, base.MEMBER, "Forget a VNF.", "DELETE", _ONE),
    base.rule(
        PROTECT,
        base.MEMBER,
        "Protect a VNF by a descriptor (protect).",
        "POST",
        _ACTION,
    ),
    base.rule(
        SET,
        base.MEMBER,
        "Change properties of a VNF's policies (set).",
        "POST",
        _ACTION,
    ),
    base.rule(
        PAUSE,
        base.MEMBER,
        "Let NHAM do nothing to a VNF for a while (pause).",
        "POST",
        _ACTION,
    ),
    base.rule(
        RESUME,
        base.MEMBER,
        "Let NHAM act on a VNF again (resume).",
        "POST",
        _ACTION,
    ),
    base.rule(
        SWITCHOVER,
        base.MEMBER,
        "Have the standby of a VNFC take over (switchover).",
        "POST",
        _ACTION,
    ),
    base.rule(
        FAILBACK,
        base.MEMBER,
        "Have the VNFC's own server serve it again (failback).",
        "POST",
        _ACTION,
    ),
    base.rule(
        IMPORT_STATE,
        base.MEMBER,
        "Have a VNFC take a state in.",
        "PUT",
        f"{_ONE}/state",
    ),
    base.rule(
        WHY,
        base.READER,
        "Ask what would be done to a VNF if something failed.",
        "GET",
        f"{_ONE}/why",
    ),
]
