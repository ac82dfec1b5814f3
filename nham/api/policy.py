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


"""Enforce the rules, so that nobody learns of what is not theirs."""

from __future__ import annotations

from oslo_config import cfg
from oslo_context import context
from oslo_policy import policy

from nham import conf as nham_conf
from nham import policies


def make_enforcer(conf: cfg.ConfigOpts) -> policy.Enforcer:
    """Return an enforcer that knows our rules and the operator's file."""
    enforcer = policy.Enforcer(conf)
    enforcer.register_defaults(policies.list_rules())
    return enforcer


def get_enforcer() -> policy.Enforcer:
    """Return an enforcer for the tools of oslo.policy."""
    return make_enforcer(nham_conf.load([]))


class Guard:
    """Says what a caller may do.

    :param enforcer: has our rules.
    """

    def __init__(self, enforcer: policy.Enforcer) -> None:
        self._enforcer = enforcer

    def allows(
        self, caller: context.RequestContext, rule: str, project_id: str
    ) -> bool:
        """Say whether the caller may do that to the project's objects."""
        try:
            return bool(
                self._enforcer.authorize(
                    rule, {"project_id": project_id}, caller
                )
            )
        except policy.InvalidScope:
            return False
