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

"""Checks that the disks of standbys hold what they must.

Looks at the disks themselves, and not at what NHAM believes of them.
"""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Iterator
from collections.abc import Sequence
from typing import Any

from nham.adapters import errors
from nham.core import model
from nham.core import states
from nham.engine import derive
from nham.simulate import groups
from nham.simulate import lab as lab_

_GOOD = states.CheckpointState.AVAILABLE


class Watcher:
    """Sees with which state standbys take over.

    :param violate: is told the rule, the subject and the details.
    """

    def __init__(
        self, lab: lab_.Lab, violate: Callable[[str, str, str], None]
    ) -> None:
        self._lab = lab
        self._store = lab.store
        self._violate = violate
        #: Recoveries that were decided while no checkpoint could be proved.
        self._unproved: set[str] = set()

    def written(self, name: str, args: tuple[Any, ...], result: Any) -> None:
        """Look at the disks before a write."""
        if name == "claim" and result is not None:
            gates = self._lab.world.gates
            if gates.is_down("glance") or gates.is_down("cinder"):
                self._unproved.add(result.id)
        elif name == "before promote":
            self._promoting(*args)

    def _promoting(self, group_id: str, member_id: str) -> None:
        """Who takes over has the newest state that was whole."""
        group = self._store.group(group_id)
        policy = groups.policy_of(self._lab, group)
        recovery = self._store.recovery(str(group.recovery_id))
        if policy is None or not policy.on_disk:
            return
        if recovery.id in self._unproved:
            return
        allowed, enough = self._allowed(recovery)
        for member in self._store.members(group_id=group_id):
            if member.id != member_id or member.role is states.Role.PRIMARY:
                continue
            has = _disk(self._lab, member)
            lost = not enough and policy.accept_state_loss
            # Clients may be led to it already, and count on.
            newer = bool(allowed) and has > max(allowed)
            if has not in allowed and not (lost or newer):
                detail = f"{has}, not one of {allowed}"
                self._violate("not the newest state", recovery.id, detail)

    def _allowed(self, recovery: model.Recovery) -> tuple[list[int], bool]:
        """Return the states that may be restored, and if one must be.

        One that was saved since the decision may have come too late.
        """
        vain = {
            derive.in_vain(one)
            for one in self._store.recoveries(group_id=recovery.group_id)
        }
        allowed: list[int] = []
        for one in self._store.checkpoints(
            group_id=recovery.group_id, states=[_GOOD]
        ):
            try:
                value, whole = saved(self._lab, one)
            except (errors.NotFound, ValueError):
                continue
            allowed.append(value)
            before = (one.completed_at or 0.0) < recovery.started_at
            if whole and before and one.id not in vain:
                return allowed, True
        return allowed, False


def saved(lab: lab_.Lab, checkpoint: model.Checkpoint) -> tuple[int, bool]:
    """Return the number that a checkpoint of a disk holds, and if it can.

    :raises NotFound: it is gone.
    :raises ValueError: it has no parts yet.
    """
    (part,) = checkpoint.artifacts
    if part.kind == "image":
        image = lab.world.storage.image(part.id)
        return image.value, image.status == "active" and not image.corrupt
    snapshot = lab.world.storage.snapshot(part.id)
    return snapshot.value, snapshot.status == "available"


def _disk(lab: lab_.Lab, member: model.Member) -> int:
    return lab.world.nova.disk(lab.world.nova.servers[member.server_id]).value


def whole(lab: lab_.Lab) -> Iterator[tuple[str, str, str]]:
    """Yield the standbys whose disks do not hold what they should."""
    for group in lab.store.groups():
        policy = groups.policy_of(lab, group)
        good = lab.store.checkpoints(group_id=group.id, states=[_GOOD])
        if policy is None or not policy.on_disk or not good:
            continue
        for member in lab.store.members(group_id=group.id):
            if member.role is not states.Role.STANDBY:
                continue
            # Its operator sees to one that he has stopped.
            if lab.world.nova.servers[member.server_id].set_aside is None:
                for why in _wrong(lab, member, good):
                    yield "wrong disk", group.id, why


def _wrong(
    lab: lab_.Lab, member: model.Member, good: Sequence[model.Checkpoint]
) -> Iterator[str]:
    known = {one.sequence: one for one in good}
    held = known.get(member.disk_sequence)
    if not member.disk_sequence:
        yield "it holds no state"
    elif held is not None:
        wanted, _whole = saved(lab, held)
        has = _disk(lab, member)
        if has != wanted:
            yield f"it holds {has}, and {wanted} by the record"
