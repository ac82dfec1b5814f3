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


"""The rules, and who passes them."""

from __future__ import annotations

from oslo_context import context
from oslo_policy import policy

from nham import conf as nham_conf
from nham import policies
from nham.api import policy as api_policy
from nham.policies import control
from nham.policies import hosts
from nham.policies import vnfs
from nham.tests import base


class PoliciesTest(base.TestCase):
    """The defaults."""

    def setUp(self) -> None:
        super().setUp()
        conf = nham_conf.load([], [])
        self.guard = api_policy.Guard(api_policy.make_enforcer(conf))

    def test_each_rule_is_described(self) -> None:
        for rule in policies.list_rules():
            self.assertTrue(str(rule.description).endswith("."), rule.name)
            if isinstance(rule, policy.DocumentedRuleDefault):
                self.assertTrue(rule.name.startswith("nham:"))
                self.assertEqual(["project"], rule.scope_types)

    def test_roles(self) -> None:
        for roles, project, rule, wanted in (
            (["reader"], "p", vnfs.LIST, True),
            (["reader"], "q", vnfs.LIST, False),
            (["reader"], "p", vnfs.PAUSE, False),
            (["reader", "member"], "p", vnfs.PAUSE, True),
            (["reader", "member"], "q", vnfs.PAUSE, False),
            (["reader", "member"], "p", hosts.LIST, False),
            (["admin"], "q", vnfs.PAUSE, True),
            (["admin"], "q", hosts.FENCED, True),
            (["member"], "p", hosts.MAINTENANCE, False),
            (["admin"], "q", hosts.MAINTENANCE, True),
            (["member"], "p", hosts.RELEASE, False),
            (["member"], "p", control.PAUSE, False),
            (["admin"], "q", control.RESUME, True),
            ([], "p", vnfs.LIST, False),
        ):
            caller = context.RequestContext(project_id="p", roles=roles)
            with self.subTest(roles=roles, project=project, rule=rule):
                self.assertEqual(
                    wanted, self.guard.allows(caller, rule, project)
                )

    def test_another_scope(self) -> None:
        caller = context.RequestContext(system_scope="all", roles=["admin"])
        self.assertFalse(self.guard.allows(caller, vnfs.LIST, "p"))
