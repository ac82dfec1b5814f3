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

"""Whatever facts there may be, also those that make no sense together."""

from __future__ import annotations

import dataclasses
from typing import Any

from hypothesis import strategies as st

from nham.core import descriptor
from nham.core import facts
from nham.core import member_facts
from nham.core import states
from nham.core.decision import replicas
from nham.core.decision import situation

Mechanism = descriptor.Mechanism
Zone = descriptor.Zone
RUNGS = (
    "soft_reboot",
    "start",
    "hard_reboot",
    "rebuild",
    "evacuate",
    "replace",
    "fail_over",
    *replicas.RUNGS,
)
HOOK = descriptor.StateProtection(
    method="hook", hook=descriptor.Hook(port=8081)
)
DISK = descriptor.StateProtection(method="image_snapshot")

#: What is dead is what matters, so it is drawn more often.
health = st.sampled_from((*facts.Health, facts.Health.DEAD))


def _protected(
    policy: descriptor.ResiliencyPolicy,
) -> descriptor.ResiliencyPolicy:
    """Return the policy with state that is saved as its mechanism can.

    With replicas that is by a hook alone, or by images for 1R-AS.
    """
    protection = policy.state_protection
    if not policy.stateful or policy.redundancy is Mechanism.ZERO_R:
        protection = descriptor.StateProtection()
    elif policy.redundancy is not Mechanism.ONE_R_AS:
        protection = HOOK
    return dataclasses.replace(policy, state_protection=protection)


policies = st.builds(
    descriptor.ResiliencyPolicy,
    redundancy=st.sampled_from(
        (
            Mechanism.ZERO_R,
            Mechanism.ONE_R_AS,
            Mechanism.ONE_R_AA,
            Mechanism.MR_AA,
        )
    ),
    num_backups=st.sampled_from((1, 2, 3)),
    min_replicas=st.sampled_from((None, 1, 2, 3)),
    max_replicas=st.sampled_from((None, None, 3, 4)),
    standby=st.sampled_from(("warm", "warm", "cold")),
    failback=st.sampled_from(("never", "auto", "request")),
    name=st.just("p"),
    targets=st.just(("VDU1",)),
    stateful=st.booleans(),
    escalation=st.builds(
        descriptor.Escalation,
        ladder=st.sampled_from(
            (
                (Zone.VNFC, Zone.VM, Zone.HOST),
                (Zone.VNFC, Zone.VM, Zone.HOST),
                (Zone.VM, Zone.HOST),
                (Zone.VNFC,),
                (Zone.HOST,),
            )
        ),
        count=st.integers(1, 3),
    ),
    host_recovery=st.sampled_from(("auto", "evacuate", "replace")),
    vnfc_owner=st.sampled_from(("nham", "nham", "vnf")),
    priority=st.sampled_from((10, 50)),
    sal=st.sampled_from((None, 1, 2)),
    accept_state_loss=st.booleans(),
    state_protection=st.sampled_from((HOOK, DISK)),
).map(_protected)
servers = st.builds(
    member_facts.ServerFacts,
    status=st.sampled_from(
        ("ACTIVE", "ACTIVE", "ACTIVE", "SHUTOFF", "ERROR")
        + ("DELETED", "PAUSED", "REBOOT")
    ),
    task_state=st.sampled_from(
        (None, None, "rebuilding", "image_snapshot", "image_uploading")
    ),
    imaging_for=st.sampled_from((0.0, 9.0, 11.0)),
    stopped_by=st.sampled_from((None, "user", "nobody")),
)
attempts = st.builds(
    member_facts.Attempt,
    rung=st.sampled_from(RUNGS),
    outcome=st.sampled_from(member_facts.Outcome),
    age=st.floats(0, 300),
    checkpoint_id=st.sampled_from((None, "c1", "c2")),
    in_vain=st.sampled_from((None, None, "c1", "c2")),
)
checkpoints = st.sampled_from(
    (
        (),
        (member_facts.CheckpointFacts(id="c1", age=40.0, sequence=7),),
        (
            member_facts.CheckpointFacts(id="c2", age=10.0, sequence=8),
            member_facts.CheckpointFacts(id="c1", age=40.0, sequence=7),
        ),
    )
)
standbys = st.builds(
    member_facts.StandbyFacts,
    member_id=st.just("m2"),
    server_id=st.just("s2"),
    host=st.sampled_from(("h1", "h2", "h2", "h3", None)),
    role=st.sampled_from(
        (states.Role.STANDBY,) * 3 + (states.Role.JOINING, states.Role.FAILED)
    ),
    kind=st.sampled_from(("server", "vnfc")),
    app=st.sampled_from((*facts.Health, facts.Health.OK)),
    icmp=health,
    silent_for=st.sampled_from((None, 1.0, 60.0)),
    server=servers,
    sequence=st.sampled_from((0, 7)),
    worn=st.booleans(),
    parked=st.sampled_from((False, False, True)),
)


def _alone(member: member_facts.MemberFacts) -> member_facts.MemberFacts:
    """Return the member with no more others than its mechanism has.

    Where all serve none waits as a standby, and elsewhere none beside it.
    """
    spread = member.policy.redundancy is Mechanism.MR_AA
    role = states.Role.ACTIVE if spread else states.Role.STANDBY
    count = member.most if spread else min(member.wanted, 1)
    return dataclasses.replace(
        member,
        policy=member.policy
        if spread
        else dataclasses.replace(member.policy, num_backups=count),
        standbys=tuple(
            dataclasses.replace(one, member_id=f"m{number}", role=role)
            if one.role is states.Role.STANDBY
            else dataclasses.replace(one, member_id=f"m{number}")
            for number, one in enumerate(member.standbys[:count], 2)
        ),
    )


members = st.builds(
    member_facts.MemberFacts,
    group_id=st.sampled_from([f"g{n}" for n in range(40)]),
    vnf_id=st.just("vnf"),
    vnfc=st.just("VDU1-0"),
    server_id=st.just("server"),
    host=st.sampled_from(("h1", "h1", "h2", "h3", None)),
    policy=policies,
    app=health,
    icmp=health,
    qemu_died=st.booleans(),
    silent_for=st.sampled_from((0.0, 1.0, 5.0)),
    network=st.sampled_from((None, "net0")),
    server=servers,
    image_id=st.sampled_from((None, "image")),
    volume_backed=st.booleans(),
    affinity=st.booleans(),
    vnfm=st.booleans(),
    operation=st.sampled_from((None, None, "running", "stuck")),
    checkpoints=checkpoints,
    attempts=st.lists(attempts, max_size=4).map(tuple),
    paused=st.booleans(),
    busy=st.sampled_from((False, False, False, True)),
    bound=st.sampled_from((None, "h1", "h2")),
    member_id=st.just("m1"),
    kind=st.sampled_from(("vnfc", "vnfc", "server")),
    standbys=st.lists(standbys, max_size=3).map(tuple),
    saved=st.sampled_from((0, 7, 8, 9)),
).map(_alone)


def hosts(name: str) -> st.SearchStrategy[facts.HostFacts]:
    """Return hosts of that name."""
    return st.builds(
        facts.HostFacts,
        name=st.just(name),
        probe=health,
        heartbeat=health,
        vouched=st.booleans(),
        service=st.booleans(),
        fence=st.sampled_from(facts.Fence),
        maintenance=st.sampled_from((False, False, False, True)),
        failed_members=st.integers(0, 4),
        failed_vnfs=st.integers(0, 3),
    )


mostly = st.sampled_from((True, True, True, True, False))
system = st.builds(
    facts.SystemFacts,
    observer_late=mostly.map(lambda yes: not yes),
    lost_networks=st.sampled_from((frozenset(), frozenset({"net0"}))),
    database=mostly,
    nova=mostly,
    vnfm=mostly,
    owned=mostly,
    paused=mostly.map(lambda yes: not yes),
    recent_recoveries=st.integers(0, 12),
    host_recoveries=st.integers(0, 5),
)
limits = st.builds(
    facts.Limits,
    share=st.sampled_from((0.0, 0.5, 1.0)),
    recoveries=st.integers(0, 12),
    host_parallel=st.integers(0, 5),
    fail_stuck=st.booleans(),
)


def _grounded(seen: facts.Facts) -> facts.Facts:
    return situation.Overview(seen).grounded(seen)


everything = st.builds(
    facts.Facts,
    members=st.lists(
        members, max_size=4, unique_by=lambda member: member.group_id
    ).map(tuple),
    hosts=st.tuples(hosts("h1"), hosts("h2"), hosts("h3")),
    system=system,
    limits=limits,
).map(_grounded)


_SIGNS = (
    (facts.Health.DEAD, facts.Health.DEAD),
    (facts.Health.DEAD, facts.Health.DEAD),
    (facts.Health.DEAD, facts.Health.OK),
    (facts.Health.DEAD, facts.Health.UNKNOWN),
    (facts.Health.UNKNOWN, facts.Health.UNKNOWN),
    (facts.Health.OK, facts.Health.OK),
)
_SERVERS = (
    member_facts.ServerFacts(),
    member_facts.ServerFacts(),
    member_facts.ServerFacts(),
    member_facts.ServerFacts(status="SHUTOFF", stopped_by="nobody"),
    member_facts.ServerFacts(status="SHUTOFF", stopped_by="user"),
    member_facts.ServerFacts(status="ERROR"),
    member_facts.ServerFacts(status="DELETED"),
    member_facts.ServerFacts(status="PAUSED"),
)
_DEAD = {"probe": facts.Health.DEAD, "service": False}
_HOSTS: tuple[dict[str, Any], ...] = (
    {"probe": facts.Health.OK},
    _DEAD,
    _DEAD,
    {**_DEAD, "fence": facts.Fence.IMPOSSIBLE},
    {**_DEAD, "maintenance": True},
    {"probe": facts.Health.OK, "service": False},
    {"probe": facts.Health.UNKNOWN, "service": False},
    {"probe": facts.Health.DEAD},
    {"probe": facts.Health.UNKNOWN, "fence": facts.Fence.PROVED},
)


@st.composite
def _troubled(draw: st.DrawFn) -> facts.Facts:
    """Return facts in which much is wrong and little forbids to act."""
    app, icmp = draw(st.sampled_from(_SIGNS))
    found = []
    for number in range(draw(st.integers(1, 3))):
        member = draw(members)
        if draw(st.booleans()):
            app, icmp = draw(st.sampled_from(_SIGNS))
        found.append(
            dataclasses.replace(
                member,
                group_id=f"g{number}",
                host=draw(st.sampled_from(("h1", "h1", "h2"))),
                app=app,
                icmp=icmp,
                qemu_died=False,
                server=draw(st.sampled_from(_SERVERS)),
                image_id="image",
                operation=draw(st.sampled_from((None, None, "stuck"))),
                paused=False,
                busy=False,
            )
        )
    return facts.Facts(
        members=tuple(found),
        hosts=(
            facts.HostFacts(name="h1", **draw(st.sampled_from(_HOSTS))),
            facts.HostFacts(name="h2", **draw(st.sampled_from(_HOSTS))),
            facts.HostFacts(name="h3", probe=facts.Health.OK),
        ),
        limits=facts.Limits(share=1.0),
    )


troubled = _troubled().map(_grounded)
