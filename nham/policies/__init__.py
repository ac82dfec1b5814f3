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


"""Who may do what: the rules of the API, with their defaults."""

from __future__ import annotations

import itertools

from oslo_policy import policy

from nham.policies import base
from nham.policies import checkpoints
from nham.policies import control
from nham.policies import events
from nham.policies import hosts
from nham.policies import recoveries
from nham.policies import vnfs


def list_rules() -> list[policy.RuleDefault]:
    """Return all rules."""
    return list(
        itertools.chain(
            base.RULES,
            vnfs.RULES,
            checkpoints.RULES,
            recoveries.RULES,
            events.RULES,
            hosts.RULES,
            control.RULES,
        )
    )
