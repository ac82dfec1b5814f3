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


"""Checks a history against the rules that must never break.

The auditor looks over the engines' shoulders: at each write it compares
what they do with what the cloud really is at that moment. What can only be
said at the end is said by ``verdict``, out of ``ending``.
"""

from __future__ import annotations

from typing import Any

from nham.adapters.simulated import records
from nham.core import model
from nham.core import states
from nham.core.decision import replicas as rungs
from nham.core.decision import rules
from nham.simulate import changes
from nham.simulate import closed
from nham.simulate import disks
from nham.simulate import ending
from nham.simulate import groups
from nham.simulate import injection as injection_
from nham.simulate import lab as lab_
from nham.simulate import replicas

#: Recoveries that somebody ordered need no fault.
_ORDERED = ("restore", "replaced-behind", "came-back-empty", "switchover")
#: What a decision has begun in the way of an order.
_WISHES = [
    (rule.says,)
    for rule in rules.RULES
    if rule.name in ("failback", "leave-host")
]
#: What an operator did just now may not have reached a decision yet.
_SLACK = 5.0
_GOOD = states.CheckpointState.AVAILABLE


class Auditor:
    """Watches what the engines of a lab do.

    :ivar violations: the rules that were broken, oldest first.
    :ivar changes: what sees how members change their roles.
    """

    def __init__(self, lab: lab_.Lab) -> None:
        self.lab = lab
        self.injections: list[injection_.Injection] = []
        self._fences: list[injection_.Injection] = []
        self._found: list[records.Violation] = []
        self._epochs: dict[str, int] = {}
        self._holders: dict[str, str] = {}
        self._paused: dict[str, float] = {}
        self._replicas = replicas.Watcher(lab, self.violate, self._troubled)
        lab.memory.on_write.append(self._written)
        lab.memory.on_write.append(self._replicas.written)
        lab.memory.on_write.append(disks.Watcher(lab, self.violate).written)
        lab.memory.on_write.append(closed.Watcher(lab, self.violate).written)
        self.changes = changes.Watcher(lab, self.violate)
        lab.memory.on_write.append(self.changes.written)

    def inject(self, injection: injection_.Injection) -> None:
        """Take note of what is done to the cloud."""
        self.injections.append(injection)

    def _troubled(self) -> float:
        return self.injections[-1].at if self.injections else 0.0

    @property
    def violations(self) -> tuple[records.Violation, ...]:
        """What was found so far, the world's own findings too."""
        found = [*self._found, *self.lab.world.invariants()]
        found += [
            records.Violation(
                at=at, rule="an engine stumbled", subject=name, detail=what
            )
            for engine in self.lab.engines
            for name, at, what in engine.stumbles
        ]
        return tuple(sorted(found, key=lambda one: one.at))

    def violate(self, rule: str, subject: str, detail: str) -> None:
        """Take note that a rule was broken."""
        self._found.append(
            records.Violation(
                at=self.lab.clock.now(),
                rule=rule,
                subject=subject,
                detail=detail,
            )
        )

    def _written(self, name: str, args: tuple[Any, ...], result: Any) -> None:
        if name == "claim" and result is not None:
            self._claimed(result)
        elif name == "end_recovery" and result:
            ended = args[0]
            held = [g for g, r in self._holders.items() if r == ended]
            for group_id in held:
                del self._holders[group_id]
        elif name == "delete_group":
            self._holders.pop(args[0], None)
        elif name == "set_paused":
            self._note_pause(args[0], args[1])
        elif name == "set_setting" and args[0] == "paused":
            self._note_pause("", args[1] is not None)
        elif name == "before update_checkpoint":
            self._removed(args[0])
        elif name == "save_host" and args[0].fenced_at is not None:
            self._fenced(args[0].name)

    def _fenced(self, host: str) -> None:
        """Take note of who came to a host since it failed, and is lost too.

        One to which nothing was done is fenced without a cause.
        """
        known: set[injection_.Place] = set()
        for one in self.injections:
            known |= one.hurts if one.target == host else set()
        if not known:
            return
        nova = self.lab.world.nova.servers
        there = {one.id for one in nova.values() if one.host == host}
        lost = frozenset(
            place
            for place, group in injection_.places(self.lab).items()
            for member in self.lab.store.members(group_id=group.id)
            if place not in known and member.server_id in there
        )
        now = self.lab.clock.now()
        self._fences.append(injection_.Injection(now, "fenced", host, lost))

    def _note_pause(self, vnf_id: str, paused: bool) -> None:
        if paused:
            self._paused.setdefault(vnf_id, self.lab.clock.monotonic())
        else:
            self._paused.pop(vnf_id, None)

    # -- at a claim

    def _claimed(self, recovery: model.Recovery) -> None:
        group = recovery.group_id
        holder = self._holders.get(group)
        if holder is not None:
            self.violate("two recoveries at once", group, recovery.id)
        self._holders[group] = recovery.id
        if recovery.epoch <= self._epochs.get(group, 0):
            self.violate("epoch did not rise", group, str(recovery.epoch))
        self._epochs[group] = recovery.epoch
        if recovery.rule not in _ORDERED or recovery.reasons[:1] in _WISHES:
            self._check_operator(recovery)
        self._check_source(recovery)

    def _check_operator(self, recovery: model.Recovery) -> None:
        for vnf_id in ("", recovery.vnf_id):
            since = self._paused.get(vnf_id)
            age = self.lab.clock.monotonic() - (since or 0.0)
            if since is not None and age > _SLACK:
                self.violate("acted while paused", recovery.id, recovery.rule)
        group = self.lab.store.group(recovery.group_id)
        find = groups.primary
        if recovery.rung in rungs.RUNGS:
            find = groups.standby
        member = find(self.lab, group)
        aside = recovery.rule == "primary-aside"
        if member is None or member.parked or aside:
            return
        server = self.lab.world.nova.servers[member.server_id]
        since = server.set_aside
        if since is not None and self.lab.clock.now() - since > _SLACK:
            self.violate("acted on a stopped one", server.id, recovery.rule)

    def _check_source(self, recovery: model.Recovery) -> None:
        for record in recovery.steps:
            checkpoint_id = record.step.args.get("checkpoint_id")
            if checkpoint_id is None:
                continue
            found = self.lab.store.checkpoint(checkpoint_id)
            # What is planned waits for the one that it has taken.
            taken = found.trigger == "planned_work"
            if found.state is not _GOOD and not taken:
                self.violate("bad checkpoint", checkpoint_id, found.state)

    # -- at the removal of a checkpoint

    def _removed(self, checkpoint: model.Checkpoint) -> None:
        if checkpoint.state is not states.CheckpointState.DELETING:
            return
        good = self.lab.store.checkpoints(
            group_id=checkpoint.group_id, states=[_GOOD]
        )
        vnf = self.lab.store.vnf(checkpoint.vnf_id)
        instance = self.lab.world.tacker.get(str(vnf.instance_id))
        group = self.lab.store.group(checkpoint.group_id)
        stays = group.vnfc in {one.record().name for one in instance.vnfcs}
        if good and good[0].id == checkpoint.id and stays:
            self.violate("newest checkpoint deleted", checkpoint.id, "")

    # -- at the end

    def verdict(self) -> tuple[records.Violation, ...]:
        """Say what was broken, once all is calm again."""
        for rule, subject, detail in ending.at_the_end(
            self.lab, [*self.injections, *self._fences]
        ):
            self.violate(rule, subject, detail)
        return self.violations
