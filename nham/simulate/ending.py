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

"""What must hold of a lab at the end of a history, when all is calm again."""

from __future__ import annotations

from collections.abc import Iterator
from collections.abc import Sequence

from nham.adapters.simulated import host_agent
from nham.adapters.simulated import records
from nham.core import model
from nham.core import states
from nham.core.decision import replicas as rungs
from nham.simulate import disks
from nham.simulate import groups
from nham.simulate import injection
from nham.simulate import lab as lab_
from nham.simulate import replicas

#: What makes a host forget what it was asked.
_FORGETS = ("power_off_host", "kill_compute", "restart_compute")
#: Among so many events there is one that tells of it.
_LAST = 50
_UNWELL = (states.VnfState.WAITING, states.VnfState.DEGRADED)
#: What changed a group because somebody asked for it, not for a fault.
_CHANGES = ("dismiss", "switchover", "withdraw", "hand_over")
#: What needs no fault.
_PLANNED = (*_CHANGES, rungs.REFRESH)
#: What NHAM may wait for with all else mended: a way, or its operator.
_WAITS = (
    "exhausted",
    "member-missing",
    "standby-missing",
    "standby-near",
    "standby-old",
    "standby-stopped",
)

Found = Iterator[tuple[str, str, str]]


def at_the_end(
    lab: lab_.Lab, injections: Sequence[injection.Injection]
) -> Found:
    """Say what is not as it must be, once all is calm again."""
    yield from _recovered_once(lab, injections)
    yield from _asked_once(lab, injections)
    yield from _claims_free(lab)
    yield from _all_well(lab)
    yield from _records_agree(lab)
    yield from replicas.at_the_end(lab)
    yield from disks.whole(lab)
    yield from _waits_for_a_reason(lab)


def settled(lab: lab_.Lab) -> bool:
    """Say whether nothing is going on and all states are told."""
    return not [
        *_claims_free(lab),
        *_all_well(lab),
        *_records_agree(lab),
        *replicas.whole(lab),
        *disks.whole(lab),
    ]


def hopeless(lab: lab_.Lab) -> bool:
    """Say whether NHAM waits for somebody."""
    return any(vnf.state in _UNWELL for vnf in lab.store.vnfs())


def _recovered_once(
    lab: lab_.Lab, injections: Sequence[injection.Injection]
) -> Found:
    """One fault is recovered once: each success needs a cause of its own.

    A standby is made at the beginning, after each fail-over, and after a
    fault of its own; so is a member that serves, after it was taken out.
    One that was dismissed was asked for by a former policy, and who served
    before a switchover is to be the standby after it. A standby is parked
    after it was made, or was started in vain. Its disk is made anew as time
    goes by; if that comes to nothing, the standby may have to be made anew.
    """
    for place, group in injection.places(lab).items():
        faults = [i.at for i in injections if place in i.hurts]
        policy = groups.policy_of(lab, group)
        recoveries = lab.store.recoveries(group_id=group.id)
        planned = sum(one.rung in _CHANGES for one in recoveries)
        wanted = planned + (policy.num_backups if policy else 0)
        service, out, standby = [*faults], [*faults], [0.0] * wanted + faults
        tuned = [*faults]
        for recovery in reversed(recoveries):
            if recovery.rung not in rungs.TUNING:
                tuned.append(recovery.started_at)
            done = recovery.state is states.RecoveryState.SUCCEEDED
            if recovery.rung == rungs.REFRESH and not done:
                standby.append(recovery.started_at)
            if not done or recovery.rung in _PLANNED:
                continue
            mine = standby if recovery.rung in rungs.RUNGS else service
            if recovery.rung == "take_out":
                mine = out
            if recovery.rung in rungs.TUNING:
                mine = tuned
            before = [at for at in mine if at <= recovery.started_at]
            if before:
                mine.remove(before[0])
            else:
                yield "recovered twice", "/".join(place), recovery.id
            if recovery.rung in ("fail_over", "take_out"):
                standby.append(recovery.started_at)


def _asked_once(
    lab: lab_.Lab, injections: Sequence[injection.Injection]
) -> Found:
    """Within one recovery nothing is asked of Nova twice.

    Unless its host died with the request, so that Nova forgot it, or Nova was
    told to forget it.
    """
    died = [i.at for i in injections if i.what in _FORGETS]
    died += [
        # The watchdog of an agent that nobody starts again resets its host.
        i.at + host_agent.WATCHDOG
        for i in injections
        if i.what == "agent_dies" and i.hurts
    ]
    for recovery in lab.store.recoveries():
        ended = recovery.ended_at or lab.clock.now()
        identity = _identity(lab, recovery)
        for server in lab.world.nova.servers.values():
            if not server.identity.endswith(identity):
                continue
            forgot = [*died, *_resets(lab, server.id)]
            last: dict[str, float] = {}
            for action in reversed(server.actions):
                # At the moment of its end it is the next one that asks.
                if not recovery.started_at <= action.at < ended:
                    continue
                if action.user_id != "nham" or action.action == "createImage":
                    continue
                before = last.get(action.action)
                last[action.action] = action.at
                if before is not None and not any(
                    before <= at <= action.at for at in forgot
                ):
                    yield "asked twice", recovery.id, action.action


def _resets(lab: lab_.Lab, server_id: str) -> list[float]:
    """Return when Nova was told to forget what a server's task was."""
    return [
        one.at
        for one in lab.world.gates.log
        if one.call == "reset_state" and one.subject == server_id
    ]


def _identity(lab: lab_.Lab, recovery: model.Recovery) -> str:
    for (instance_id, vnfc), group in injection.places(lab).items():
        if group.id == recovery.group_id:
            return f"{instance_id}/{vnfc}"
    return "/gone"


def _claims_free(lab: lab_.Lab) -> Found:
    for group in lab.store.groups():
        if group.recovery_id is not None:
            yield "claim not free", group.id, group.recovery_id
    running = lab.store.recoveries(state=states.RecoveryState.RUNNING)
    for recovery in running:
        yield "recovery never ended", recovery.id, recovery.rung


def _all_well(lab: lab_.Lab) -> Found:
    """Every VNFC serves, or it is said why not."""
    for vnf in lab.store.vnfs():
        instance = lab.world.tacker.get(str(vnf.instance_id))
        servers, others = _servers(lab, vnf, instance)
        state = states.VnfState.PROTECTED
        if any(_set_aside(lab, server_id) for server_id in servers):
            state = states.VnfState.STOPPED
        elif not all(map(lab.world.serving, servers)):
            state = states.VnfState.WAITING
        elif _is_degraded(lab, vnf, others):
            state = states.VnfState.DEGRADED
        if not instance.instantiated or vnf.state is state:
            continue
        detail = f"{vnf.state}, should be {state}: {vnf.reason}"
        yield "state not told", vnf.name, detail


def _is_degraded(
    lab: lab_.Lab, vnf: model.Vnf, others: Sequence[str | None]
) -> bool:
    """Say whether a member is missing, or would be lost with another."""
    running = all(one and lab.world.serving(one) for one in others)
    near = any(
        groups.near(lab, group) for group in lab.store.groups(vnf_id=vnf.id)
    )
    return near or not running


def _servers(
    lab: lab_.Lab, vnf: model.Vnf, instance: records.Instance
) -> tuple[list[str], list[str | None]]:
    """Return a VNF's primary servers, and those of the other members.

    None stands for a member that is missing.
    """
    known = {one.vnfc: one for one in lab.store.groups(vnf_id=vnf.id)}
    servers: list[str] = []
    others: list[str | None] = []
    for vnfc in instance.vnfcs:
        group = known.get(vnfc.record().name)
        serves = groups.primary(lab, group) if group else None
        servers.append(serves.server_id if serves else vnfc.server_id)
        if group:
            others += groups.others(lab, group)
    return servers, others


def _waits_for_a_reason(lab: lab_.Lab) -> Found:
    """With all else mended, only what NHAM has not got is waited for."""
    for vnf in lab.store.vnfs():
        if vnf.state not in _UNWELL:
            continue
        events = lab.store.events(vnf_id=vnf.id, limit=_LAST)
        # Another VNFC of it may have been recovered since then.
        told = [e.message for e in events if e.kind in _WAITS]
        if not vnf.reason or not any(vnf.reason in one for one in told):
            yield "waits for nothing", vnf.name, vnf.reason


def _set_aside(lab: lab_.Lab, server_id: str) -> bool:
    return lab.world.nova.servers[server_id].set_aside is not None


def _records_agree(lab: lab_.Lab) -> Found:
    """NHAM, the VNFM and Nova name the same server for each VNFC."""
    known = {
        place: member.server_id
        for place, group in injection.places(lab).items()
        for member in lab.store.members(group_id=group.id)
        if member.kind == "vnfc"
    }
    # What is deleted while another member serves, its user has to heal.
    spared = {
        place
        for place, group in injection.places(lab).items()
        if (serves := groups.primary(lab, group)) and serves.kind == "server"
    }
    # And what cannot be made again for want of a checkpoint, as it is told.
    helpless = {
        vnf.instance_id
        for vnf in lab.store.vnfs()
        if "no usable checkpoint is left" in vnf.reason
    }
    for instance in lab.world.tacker.instances.values():
        for vnfc in instance.vnfcs:
            name = f"{vnfc.vdu}-{vnfc.index}"
            server = lab.world.nova.servers[vnfc.server_id]
            gone = server.vm_state is records.VmState.DELETED
            spare = instance.id in helpless or (instance.id, name) in spared
            if gone and not spare:
                yield "record broken", f"{instance.name} {name}", server.id
            if known.get((instance.id, name)) != server.id:
                yield "records differ", f"{instance.name} {name}", server.id
