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


"""Rules about checkpoints."""

from __future__ import annotations

from nham.policies import base

LIST = "nham:checkpoint:list"
SHOW = "nham:checkpoint:show"
CREATE = "nham:checkpoint:create"
DELETE = "nham:checkpoint:delete"
RESTORE = "nham:checkpoint:restore"
STATE = "nham:checkpoint:state"

_ALL = "/v1/checkpoints"
_ONE = "/v1/checkpoints/{checkpoint_id}"

RULES = [
    base.rule(LIST, base.READER, "List checkpoints.", "GET", _ALL),
    base.rule(SHOW, base.READER, "Show a checkpoint.", "GET", _ONE),
    base.rule(CREATE, base.MEMBER, "Take checkpoints now.", "POST", _ALL),
    base.rule(DELETE, base.MEMBER, "Delete a checkpoint.", "DELETE", _ONE),
    base.rule(
        RESTORE,
        base.MEMBER,
        "Put a checkpoint back (restore).",
        "POST",
        f"{_ONE}/action",
    ),
    base.rule(
        STATE,
        base.MEMBER,
        "Have the state that a checkpoint holds.",
        "GET",
        f"{_ONE}/state",
    ),
]
