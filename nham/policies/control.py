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

"""Rules about NHAM as a whole."""

from __future__ import annotations

from nham.policies import base

SHOW = "nham:control:show"
PAUSE = "nham:control:pause"
RESUME = "nham:control:resume"

_ACTION = "/v1/control/action"

RULES = [
    base.rule(
        SHOW, base.ADMIN, "Show whether NHAM may act.", "GET", "/v1/control"
    ),
    base.rule(
        PAUSE,
        base.ADMIN,
        "Let NHAM watch and do nothing (pause).",
        "POST",
        _ACTION,
    ),
    base.rule(
        RESUME, base.ADMIN, "Let NHAM act again (resume).", "POST", _ACTION
    ),
]
