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


"""Rules about recoveries."""

from __future__ import annotations

from nham.policies import base

LIST = "nham:recovery:list"
SHOW = "nham:recovery:show"
FACTS = "nham:recovery:facts"

RULES = [
    base.rule(LIST, base.READER, "List recoveries.", "GET", "/v1/recoveries"),
    base.rule(
        SHOW,
        base.READER,
        "Show a recovery with its steps and reasons.",
        "GET",
        "/v1/recoveries/{recovery_id}",
    ),
    # They name what else is on its hosts, whosever that is.
    base.rule(
        FACTS,
        base.ADMIN,
        "Get the facts that a recovery was decided on.",
        "GET",
        "/v1/recoveries/{recovery_id}/facts",
    ),
]
