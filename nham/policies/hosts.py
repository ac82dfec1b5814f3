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


"""Rules about compute hosts."""

from __future__ import annotations

from nham.policies import base

LIST = "nham:host:list"
FENCED = "nham:host:fenced"
MAINTENANCE = "nham:host:maintenance"
RELEASE = "nham:host:release"

_ACTION = "/v1/hosts/{name}/action"

RULES = [
    base.rule(
        LIST,
        base.ADMIN,
        "List the hosts that NHAM knows something of.",
        "GET",
        "/v1/hosts",
    ),
    base.rule(
        FENCED,
        base.ADMIN,
        "Vouch for it that a host cannot serve any more (fenced).",
        "POST",
        _ACTION,
    ),
    base.rule(
        MAINTENANCE,
        base.ADMIN,
        "Begin and end the maintenance of a host (begin_maintenance, "
        "end_maintenance).",
        "POST",
        _ACTION,
    ),
    base.rule(
        RELEASE,
        base.ADMIN,
        "Take a host out of quarantine (release).",
        "POST",
        _ACTION,
    ),
]
