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

"""The fleet: the protected members as the database has them, in memory.

The watch looks twenty times a second and must not ask the database each
time; the fleet is read anew about once a second and after each change.
"""

from __future__ import annotations

from collections.abc import Iterable
from collections.abc import Sequence
import dataclasses

from nham.core import descriptor
from nham.core import mechanisms
from nham.core import model
from nham.core import states
from nham.db import store as store_


@dataclasses.dataclass(frozen=True, kw_only=True)
class Entry:
    """One group with its members and the policy that holds.

    :ivar member: the member that serves.
    :ivar standbys: the others, those that could take over first.
    :ivar saved: its good checkpoints, newest first, where a standby's disk
        is made of them.
    """

    vnf: model.Vnf
    group: model.Group
    member: model.Member
    policy: descriptor.ResiliencyPolicy
    standbys: tuple[model.Member, ...] = ()
    saved: tuple[model.Checkpoint, ...] = ()

    @property
    def members(self) -> tuple[model.Member, ...]:
        """All of them."""
        return (self.member, *self.standbys)

    @property
    def alone(self) -> bool:
        """It wants no other member and has none; the VNFC itself serves.

        So it is as it should be, whatever is seen of it.
        """
        wanted = mechanisms.of(self.policy.redundancy).others(
            self.policy.num_backups
        )
        return not (wanted or self.standbys or self.member.kind != "vnfc")

    def outdated(self, member: model.Member) -> bool:
        """Say whether a server of NHAM's is not as the VNFC is by now."""
        images = {one.image_id for one in self.members if one.kind == "vnfc"}
        return member.kind == "server" and images not in (
            set(),
            {member.image_id},
        )


#: Of several others, those that are most able to serve come first.
_ORDER = (
    states.Role.ACTIVE,
    states.Role.STANDBY,
    states.Role.ASIDE,
    states.Role.JOINING,
    states.Role.FAILED,
)


@dataclasses.dataclass(frozen=True)
class _Records:
    """All that the fleet is made of.

    :ivar saved: good checkpoints, newest first, if some standby's disk is
        made of them.
    """

    vnfs: Sequence[model.Vnf]
    groups: Sequence[model.Group]
    members: Sequence[model.Member]
    saved: Sequence[model.Checkpoint]


class Reader:
    """Reads the fleet again and again.

    It returns the very same one until something has changed.
    """

    def __init__(self, store: store_.Store) -> None:
        self._store = store
        self._last: tuple[_Records, tuple[Entry, ...]] | None = None

    def read(self) -> tuple[Entry, ...]:
        """Return all groups that a policy protects."""
        records, last = _records(self._store), self._last
        if last is None or last[0] != records:
            last = self._last = (records, _made_of(records))
        return last[1]


def load(store: store_.Store) -> tuple[Entry, ...]:
    """Return all groups that a policy protects."""
    return _made_of(_records(store))


def _records(store: store_.Store) -> _Records:
    """Read all; checkpoints only if a policy asks for a disk of them."""
    vnfs = store.vnfs()
    # First, so that a claim by their epochs is void if a recovery changes
    # the members before these are read.
    groups = store.groups()
    members = store.members()
    saved: Sequence[model.Checkpoint] = ()
    if any(policy.on_disk for vnf in vnfs for policy in vnf.policies):
        saved = store.checkpoints(states=[states.CheckpointState.AVAILABLE])
    return _Records(vnfs, groups, members, saved)


def _made_of(records: _Records) -> tuple[Entry, ...]:
    vnfs = {
        vnf.id: vnf
        for vnf in records.vnfs
        if vnf.state is not states.VnfState.UNPROTECTED
    }
    serving: dict[str, model.Member] = {}
    others: dict[str, list[model.Member]] = {}
    for member in records.members:
        if member.role is states.Role.PRIMARY:
            serving[member.group_id] = member
        else:
            others.setdefault(member.group_id, []).append(member)
    found = []
    for group in records.groups:
        vnf, member_ = vnfs.get(group.vnf_id), serving.get(group.id)
        if vnf is None or member_ is None:
            continue
        policy = descriptor.policy_for(group.vdu, vnf.policies)
        if policy is not None:
            rest = sorted(
                others.get(group.id, []), key=lambda m: _ORDER.index(m.role)
            )
            found.append(
                Entry(
                    vnf=vnf,
                    group=group,
                    member=member_,
                    policy=policy,
                    standbys=tuple(rest),
                )
            )
    return _with_saved(records.saved, found)


def _with_saved(
    checkpoints: Sequence[model.Checkpoint], entries: Sequence[Entry]
) -> tuple[Entry, ...]:
    """Return the entries with what the disks of standbys are made of."""
    saved: dict[str, list[model.Checkpoint]] = {}
    for one in checkpoints:
        saved.setdefault(one.group_id, []).append(one)
    return tuple(
        dataclasses.replace(
            entry,
            saved=tuple(_of_engine(entry, saved.get(entry.group.id, ()))),
        )
        if entry.policy.on_disk
        else entry
        for entry in entries
    )


def _of_engine(
    entry: Entry, good: Iterable[model.Checkpoint]
) -> list[model.Checkpoint]:
    """Return those that the engine of the group's policy took.

    What another engine took is of the time before the policy was changed.
    """
    wanted = entry.policy.state_protection.engine
    return [one for one in good if one.engine == wanted]


def good_checkpoints(
    store: store_.Store, entry: Entry
) -> list[model.Checkpoint]:
    """Return what a group may be restored from, newest first."""
    good = store.checkpoints(
        group_id=entry.group.id, states=[states.CheckpointState.AVAILABLE]
    )
    return _of_engine(entry, good)
