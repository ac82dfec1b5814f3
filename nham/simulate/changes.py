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

"""Checks each change of a role or a state against the tables.

A change that the table of its mechanism does not have is a defect, in the
code or in the table.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from nham.core import mechanisms
from nham.core import model
from nham.core import states
from nham.simulate import groups
from nham.simulate import lab as lab_

Change = tuple[states.Role | None, states.Role, str | None]
"""The role before, the role after, and the step that did it, if any did."""


class Watcher:
    """Watches the members and checkpoints of a lab.

    :ivar seen: the changes of roles that were made.
    :param violate: is told the rule, the subject and the details.
    """

    def __init__(
        self, lab: lab_.Lab, violate: Callable[[str, str, str], None]
    ) -> None:
        self._lab = lab
        self._store = lab.store
        self._violate = violate
        self._roles: dict[str, states.Role] = {}
        self._states: dict[str, states.CheckpointState] = {}
        self._mechanisms: dict[str, set[str]] = {}
        self.seen: set[Change] = set()

    def written(self, name: str, args: tuple[Any, ...], result: Any) -> None:
        """Look at what was written."""
        if name == "save_member":
            for member in args:
                self._member(member)
        elif name == "promote":
            for member in self._store.members(group_id=args[0]):
                self._member(member)
        elif name == "add_checkpoint" or (
            name == "update_checkpoint" and result
        ):
            self._checkpoint(args[0])

    def _member(self, member: model.Member) -> None:
        before = self._roles.get(member.id)
        if before is member.role:
            return
        self._roles[member.id] = member.role
        group = self._store.group(member.group_id)
        known = self._known(group)
        step = self._step(group)
        for by in (step, None):
            if (before, member.role, by) in known:
                self.seen.add((before, member.role, by))
                return
        detail = f"{before} becomes {member.role} by {step}"
        self._violate("no such change of a role", member.id, detail)

    def _known(self, group: model.Group) -> set[Change]:
        """Return the changes of all mechanisms that the group has had.

        A mechanism that is changed leaves members that are yet to go.
        """
        policy = groups.policy_of(self._lab, group)
        had = self._mechanisms.setdefault(group.id, {"0R"})
        if policy is not None:
            had.add(policy.redundancy)
        return {
            (one.before, one.after, one.step)
            for name in had
            for one in mechanisms.of(name).transitions
        }

    def _step(self, group: model.Group) -> str | None:
        """Return the step that is under way for a group, if one is."""
        if group.recovery_id is None:
            return None
        for record in self._store.recovery(group.recovery_id).steps:
            if record.state is states.StepState.STARTED:
                return record.step.action
        return None

    def _checkpoint(self, checkpoint: model.Checkpoint) -> None:
        now = checkpoint.state
        before = self._states.get(checkpoint.id)
        self._states[checkpoint.id] = now
        follows = states.FOLLOWS[states.CheckpointState]
        if before not in (None, now) and now not in follows[before]:
            detail = f"{before} becomes {now}"
            self._violate("no such change of a state", checkpoint.id, detail)
