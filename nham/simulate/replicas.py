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


"""Checks replica groups against the rules that must never break.

Looks at the cloud at each write of an engine, and at the end: who serves
at the service address, with which state, and what is left of NHAM's own.
"""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Iterator
from typing import Any

from nham.adapters import errors
from nham.adapters.simulated import records
from nham.core import mechanisms
from nham.core import model
from nham.core import states
from nham.simulate import groups
from nham.simulate import lab as lab_
from nham.simulate import leftovers

Found = Iterator[tuple[str, str, str]]

#: Rungs after which somebody is cut off until it is repaired.
_CUT_OFF = ("fail_over", "take_out", "switchover")
#: Seconds for which something of NHAM's own may be in no record, once
#: nothing has gone wrong for as long.
_ORPHAN = 60.0
#: Seconds between two looks for such things.
_EVERY = 5.0


class Watcher:
    """Watches the replica groups of a lab.

    :param violate: is told the rule, the subject and the details.
    :param troubled: returns when something last went wrong, seconds since
        the epoch.
    """

    def __init__(
        self,
        lab: lab_.Lab,
        violate: Callable[[str, str, str], None],
        troubled: Callable[[], float],
    ) -> None:
        self._lab = lab
        self._store = lab.store
        self._violate = violate
        self._troubled = troubled
        self._deposed: list[tuple[str, records.Guest]] = []
        self._failed: set[str] = set()
        self._orphans: dict[str, float] = {}
        self._look_at = 0.0

    def written(self, name: str, args: tuple[Any, ...], result: Any) -> None:
        """Look at the cloud before or after a write."""
        if name == "before promote":
            self._promoting(*args)
        elif name == "promote":
            self._check_primaries(args[0])
        elif name == "save_member":
            for group_id in {member.group_id for member in args}:
                self._check_primaries(group_id)
        elif name == "step_ended" and result:
            self._step_ended(args[0], args[1])
        elif name == "end_recovery" and result:
            self._ended(args[0])
        if self._deposed:
            self._check_deposed()
        if self._failed:
            self._check_failed()
        if self._lab.clock.now() >= self._look_at:
            self._look_at = self._lab.clock.now() + _EVERY
            self._check_orphans()

    # -- who serves

    def _promoting(self, group_id: str, member_id: str) -> None:
        """Remember who is deposed, and see that the state came first."""
        for member in self._store.members(group_id=group_id):
            if member.role is states.Role.PRIMARY and member.id != member_id:
                self._deposed += [
                    (group_id, guest)
                    for guest in self._lab.world.physics.guests_of(
                        member.server_id
                    )
                ]
        group = self._store.group(group_id)
        policy = groups.policy_of(self._lab, group)
        if policy is None or policy.state_protection.method != "hook":
            return
        if mechanisms.of(policy.redundancy).spreads:
            # It serves already, with what it was fed.
            return
        recovery = self._store.recovery(str(group.recovery_id))
        given = [
            record.state is states.StepState.DONE
            for record in recovery.steps
            if record.step.action == "give_state"
        ]
        if not any(given):
            self._violate("promoted without its state", group_id, member_id)

    def _check_primaries(self, group_id: str) -> None:
        """At most one serves."""
        serving = [
            member
            for member in self._store.members(group_id=group_id)
            if member.role is states.Role.PRIMARY
        ]
        if len(serving) > 1:
            names = ", ".join(member.server_id for member in serving)
            self._violate("two primaries", group_id, names)

    def _check_deposed(self) -> None:
        """Who was deposed is cut off for as long as it runs."""
        physics = self._lab.world.physics
        left = []
        for group_id, guest in self._deposed:
            if guest not in physics.guests_of(guest.server_id):
                continue
            routes = [physics.route(one) for one in guest.addresses]
            if any(routes) and guest.plugged and _stands(self._lab, group_id):
                self._violate("deposed and reachable", group_id, str(guest))
            else:
                left.append((group_id, guest))
        self._deposed = left

    def _ended(self, recovery_id: str) -> None:
        """Remember who was cut off by a recovery that is over."""
        recovery = self._store.recovery(recovery_id)
        done = recovery.state is states.RecoveryState.SUCCEEDED
        if done and recovery.rung in _CUT_OFF:
            self._failed |= {
                member.id
                for member in self._store.members(group_id=recovery.group_id)
                if member.role is states.Role.FAILED
            }

    def _check_failed(self) -> None:
        """Who was cut off stays so, whoever starts it again."""
        physics = self._lab.world.physics
        failed = {
            member.id: member
            for member in self._store.members()
            if member.role is states.Role.FAILED
        }
        self._failed &= failed.keys()
        for member in [failed[one] for one in sorted(self._failed)]:
            for guest in physics.guests_of(member.server_id):
                routes = [physics.route(one) for one in guest.addresses]
                reached = guest.plugged and any(routes)
                if reached and _stands(self._lab, member.group_id):
                    self._violate(
                        "failed and reachable", member.group_id, str(guest)
                    )
                    self._failed.discard(member.id)

    # -- with which state

    def _step_ended(self, recovery_id: str, position: int) -> None:
        recovery = self._store.recovery(recovery_id)
        record = recovery.steps[position]
        done = record.state is states.StepState.DONE
        if done and record.step.action == "give_state":
            self._check_state(recovery, record)
        elif done and record.step.action == "create_member":
            self._check_place(recovery)

    def _check_place(self, recovery: model.Recovery) -> None:
        """A member is made on another host than those that are well.

        Where Nova puts what is evacuated or healed, NHAM does not say.
        """
        made, others = None, set()
        for member in self._store.members(group_id=recovery.group_id):
            world = self._lab.world
            host = world.nova.servers[member.server_id].host
            if member.role is states.Role.JOINING:
                made = host
            elif world.serving(member.server_id):
                others.add(host)
        if made in others:
            self._violate("both on one host", recovery.id, str(made))

    def _check_state(
        self, recovery: model.Recovery, record: model.StepRecord
    ) -> None:
        """What a member was given is the newest state that is whole.

        One that was saved while it was given may have come too late. Who
        takes in no state has one that it was given before.
        """
        named = record.step.args.get("member_id")
        joining = record.step.args.get("joining")
        role = states.Role.JOINING if joining else states.Role.PRIMARY
        for member in self._store.members(group_id=recovery.group_id):
            if not (member.id == named if named else member.role is role):
                continue
            state = self._lab.world.state(member.server_id)
            if state is None or member.server_id in self._lab.refusing:
                return
            whole = list(self._whole(recovery, record))
            if not whole or member.sequence > whole[0][0].sequence:
                # What it was given before was spoilt in the store since.
                continue
            good = [data for _one, data in whole]
            serves = member.role is states.Role.PRIMARY
            if state not in good and not (serves and _goes_on(state, good)):
                detail = f"{state!r}, not {good[0]!r}"
                self._violate("not the newest state", recovery.id, detail)

    def _whole(
        self, recovery: model.Recovery, record: model.StepRecord
    ) -> Iterator[tuple[model.Checkpoint, bytes]]:
        """Yield the states of which one must have been given."""
        checkpoint_id = record.step.args.get("checkpoint_id")
        for one in self._store.checkpoints(
            group_id=recovery.group_id,
            states=[states.CheckpointState.AVAILABLE],
        ):
            if checkpoint_id and one.id != checkpoint_id:
                continue
            (part,) = one.artifacts
            try:
                data = self._lab.blobs.get(part.id, str(part.digest))
            except errors.AdapterError:
                continue
            yield one, data
            if (one.completed_at or 0.0) < (record.started_at or 0.0):
                return

    # -- what is left

    def _check_orphans(self) -> None:
        now = self._lab.clock.now()
        found = set(leftovers.orphans(self._lab))
        self._orphans = {
            name: self._orphans.get(name, now) for name in sorted(found)
        }
        for name, since in self._orphans.items():
            if now - max(since, self._troubled() + _ORPHAN) > _ORPHAN:
                self._violate("in no record", name, f"since {since:.0f}")
                self._orphans[name] = now


def _goes_on(state: bytes, good: list[bytes]) -> bool:
    """Say whether a state is one of those, with what was counted since."""
    found = [int(one) for one in (state, *good) if one.isdigit()]
    return len(found) == len(good) + 1 and found[0] >= max(found)


def _stands(lab: lab_.Lab, group_id: str) -> bool:
    """Say whether a group is not being taken apart."""
    for group in lab.store.groups():
        if group.id == group_id:
            vnf = lab.store.vnf(group.vnf_id)
            instance = lab.world.tacker.get(str(vnf.instance_id))
            names = [one.record().name for one in instance.vnfcs]
            return instance.instantiated and group.vnfc in names
    return False


def at_the_end(lab: lab_.Lab) -> Found:
    """Yield what is not as it should be once all is calm."""
    yield from whole(lab)
    for name in leftovers.orphans(lab):
        yield "left behind", name, ""
    known = {f"nham-{one.id}" for one in lab.store.checkpoints()}
    for name in set(lab.blobs.names()) - known:
        yield "left behind", f"state {name}", ""


def whole(lab: lab_.Lab) -> Found:
    """Yield the groups that are not whole, though nobody waits."""
    vnfs = {vnf.id: vnf for vnf in lab.store.vnfs()}
    for group in lab.store.groups():
        if vnfs[group.vnf_id].state is not states.VnfState.PROTECTED:
            continue
        if groups.replicated(lab, group) and _stands(lab, group.id):
            for why in _why_not_whole(lab, group):
                yield "group not whole", group.id, why


def _why_not_whole(lab: lab_.Lab, group: model.Group) -> Iterator[str]:
    members = lab.store.members(group_id=group.id)
    policy = groups.policy_of(lab, group)
    if policy is not None and mechanisms.of(policy.redundancy).spreads:
        yield from _why_not_spread(lab, group, policy.num_backups)
        return
    if sorted(m.role.value for m in members) != ["primary", "standby"]:
        yield ", ".join(f"{m.kind} {m.role}" for m in members)
        return
    serving, waiting = sorted(members, key=lambda m: m.role.value)
    world = lab.world
    cold = policy is not None and policy.standby == "cold"
    access = group.access or waiting.access
    for member, address in ((serving, group.service), (waiting, access)):
        if address is None:
            yield f"no address for the {member.role}"
            continue
        guest = world.physics.at(address.ip)
        if member is waiting and cold:
            server = world.nova.servers[member.server_id]
            on = world.physics.host(str(server.host)).power
            if not (member.parked and on and server.status == "SHUTOFF"):
                yield f"the {member.role} is not parked: {server.status}"
        elif guest is None or guest.server_id != member.server_id:
            yield f"{address.ip} does not lead to the {member.role}"
        elif world.read_at(address.ip) is None:
            yield f"nobody answers at {address.ip} for the {member.role}"


def _why_not_spread(
    lab: lab_.Lab, group: model.Group, others: int
) -> Iterator[str]:
    """Yield what keeps a group from having all its members serve."""
    members = lab.store.members(group_id=group.id)
    roles = ["active"] * others + ["primary"]
    if sorted(m.role.value for m in members) != roles:
        yield ", ".join(f"{m.kind} {m.role}" for m in members)
        return
    # The pool may be that of the VDU's other VNFCs, too.
    getting = _getting(lab, str(group.service and group.service.id))
    addresses = {str(member.address) for member in members}
    for address in addresses - getting:
        yield f"{address} gets no clients"
    for address in addresses & getting:
        if lab.world.read_at(address) is None:
            yield f"nobody answers at {address}"


def _getting(lab: lab_.Lab, pool_id: str) -> set[str]:
    """Return the addresses that get clients, of a balancer or a router."""
    router_id, _, service = pool_id.rpartition("/")
    if router_id:
        return set(lab.world.routers.router(router_id).hops[service])
    pool = lab.world.balancers.pool(pool_id)
    return {address for address, _port in pool.getting}
