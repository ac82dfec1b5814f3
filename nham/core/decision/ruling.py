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

"""What a rule says and where it comes from, by its name."""

from __future__ import annotations

import dataclasses

from nham.core.decision import guards
from nham.core.decision import rules


@dataclasses.dataclass(frozen=True)
class Ruling:
    """The sentence of a rule and its source.

    :ivar guard: it only holds NHAM back.
    """

    says: str
    source: str
    guard: bool = False


#: Not of the table: what follows from a ladder, and what was ordered.
_OTHERS = {
    "exhausted": Ruling(
        "no rung of the ladder is left that could help", "UC7 to UC9"
    ),
    "vnfm-down": Ruling(
        "only the VNFM could help, and it is down", "guard: VNFM", guard=True
    ),
    "later": Ruling(
        "what failed just now is tried again later", "design, rule 3"
    ),
    "restore": Ruling("a checkpoint is to be put back", "NHAM 3.4"),
    "replaced-behind": Ruling(
        "somebody else replaced the server, and its state is put back",
        "UC2, UC4",
    ),
    "came-back-empty": Ruling(
        "its application came back without its state, which is put back",
        "NHAM 3.4",
    ),
    "switchover": Ruling(
        "the standby takes over from a member that is well", "OPNFV 6"
    ),
}
_GUARDS = frozenset(rule.name for rule in guards.RULES)
RULINGS = {
    **{
        rule.name: Ruling(rule.says, rule.source, rule.name in _GUARDS)
        for rule in rules.RULES
    },
    **_OTHERS,
}
#: Of a rule that this version does not have any more.
_UNKNOWN = Ruling("this version has no such rule", "")


def of(name: str) -> Ruling:
    """Return what a rule of that name says."""
    return RULINGS.get(name, _UNKNOWN)
