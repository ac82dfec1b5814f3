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


"""The roles: reader looks, member acts, both in their own project.

An administrator looks and acts in all projects, and alone speaks about
hosts.
"""

from __future__ import annotations

from oslo_policy import policy

ADMIN = "rule:context_is_admin"
READER = "rule:project_reader_or_admin"
MEMBER = "rule:project_member_or_admin"
ALL_PROJECTS = "nham:all_projects"

RULES = [
    policy.RuleDefault(
        "context_is_admin",
        "role:admin",
        description="An administrator of the cloud.",
    ),
    policy.RuleDefault(
        "project_reader_or_admin",
        "(role:reader and project_id:%(project_id)s) or rule:context_is_admin",
        description="Whoever may look at the objects of a project.",
    ),
    policy.RuleDefault(
        "project_member_or_admin",
        "(role:member and project_id:%(project_id)s) or rule:context_is_admin",
        description="Whoever may act on the objects of a project.",
    ),
    policy.DocumentedRuleDefault(
        ALL_PROJECTS,
        ADMIN,
        "List the objects of all projects at once.",
        [
            {"path": f"/v1/{noun}?all_projects=true", "method": "GET"}
            for noun in ("vnfs", "checkpoints", "recoveries", "events")
        ],
        scope_types=["project"],
    ),
]


def rule(
    name: str, check: str, meaning: str, method: str, path: str
) -> policy.DocumentedRuleDefault:
    """Return the rule of one operation."""
    return policy.DocumentedRuleDefault(
        name,
        check,
        meaning,
        [{"path": path, "method": method}],
        scope_types=["project"],
    )
