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

"""Files of facts: a golden case, a dry run and a question alike.

A fact that a file does not name is healthy: a member and its host
answer, a member has an image and the policy's defaults. Names that do
not matter are made up. The same reader serves the tests and
``nham simulate facts``; it is given what a YAML parser returned.
"""

from __future__ import annotations

from collections.abc import Mapping
import dataclasses
from typing import Any
from typing import TypeVar

from nham.core import decision
from nham.core import descriptor
from nham.core import facts as facts_
from nham.core import member_facts
from nham.core import plain

Health = facts_.Health
_T = TypeVar("_T", facts_.SystemFacts, facts_.Limits)


@dataclasses.dataclass(frozen=True, kw_only=True)
class Expected:
    """What is expected of one member; what is not named must be absent.

    :ivar checkpoint: the checkpoint that is restored.
    :ivar image: the image that is restored.
    :ivar steps: the actions of the plan, in order.
    :ivar reasons: texts that the reasons or the refusals must contain.
    """

    kind: decision.Kind
    rule: str
    zone: descriptor.Zone | None = None
    rung: str | None = None
    checkpoint: str | None = None
    image: str | None = None
    steps: tuple[str, ...] = ()
    reasons: tuple[str, ...] = ()


@dataclasses.dataclass(frozen=True, kw_only=True)
class Case:
    """One file.

    :ivar title: the case in a sentence.
    :ivar source: where it comes from.
    :ivar members: what is expected, by group; all others must be well.
        None: nothing is said about what is expected.
    :ivar alarms: each as ``rule subject``.
    :ivar quarantines: hosts that are put in quarantine.
    :ivar covers: the lines of the table of decisions that it shows, by
        their numbers.
    """

    title: str
    source: str
    facts: facts_.Facts
    members: Mapping[str, Expected] | None = None
    alarms: tuple[str, ...] = ()
    quarantines: tuple[str, ...] = ()
    covers: tuple[int, ...] = ()


def read(document: object) -> Case:
    """Return the case that a parsed file holds.

    :raises ValueError: a key is unknown or a value wrong.
    """
    top = plain.mapping(document, "file")
    _known(top, "file", ("case", "source", "covers", "facts", "expect"))
    facts = read_facts(top.get("facts"))
    title, source = str(top.get("case", "")), str(top.get("source", ""))
    covers = _numbers(top.get("covers", []))
    if top.get("expect") is None:
        return Case(title=title, source=source, facts=facts, covers=covers)
    expect = plain.mapping(top["expect"], "expect")
    _known(expect, "expect", ("members", "alarms", "quarantines"))
    groups = {member.group_id for member in facts.members}
    members = {}
    for name, data in plain.mapping(
        expect.get("members", {}), "expect.members"
    ).items():
        where = f"expect.members.{name}"
        if name not in groups:
            raise ValueError(f"{where}: the facts have no such member")
        members[name] = plain.build(Expected, data, where, {})
    alarms = plain.sequence(expect.get("alarms", []), "expect.alarms")
    closed = plain.sequence(
        expect.get("quarantines", []), "expect.quarantines"
    )
    return Case(
        title=title,
        source=source,
        facts=facts,
        members=members,
        alarms=tuple(str(alarm) for alarm in alarms),
        quarantines=tuple(str(host) for host in closed),
        covers=covers,
    )


def read_facts(data: object) -> facts_.Facts:
    """Return the facts that a plain mapping holds.

    :raises ValueError: a key is unknown or a value wrong.
    """
    given = plain.mapping(data, "facts")
    _known(given, "facts", ("members", "hosts", "system", "limits"))
    members = tuple(
        _member(item, f"members[{index}]")
        for index, item in enumerate(
            plain.sequence(given.get("members"), "members")
        )
    )
    hosts = tuple(
        plain.build(
            facts_.HostFacts, item, f"hosts[{index}]", {"probe": Health.OK}
        )
        for index, item in enumerate(
            plain.sequence(given.get("hosts", []), "hosts")
        )
    )
    _once("members", [member.group_id for member in members])
    _once("hosts", [host.name for host in hosts])
    named = {host.name for host in hosts}
    unnamed = sorted({m.host for m in members if m.host} - named)
    return facts_.Facts(
        members=members,
        hosts=(
            *hosts,
            *(facts_.HostFacts(name=n, probe=Health.OK) for n in unnamed),
        ),
        system=_part(facts_.SystemFacts, given, "system"),
        limits=_part(facts_.Limits, given, "limits"),
    )


def write_facts(facts: facts_.Facts) -> dict[str, Any]:
    """Return the plain mapping that ``read_facts`` reads the facts from.

    A host that only a member names is written as one of which nothing is
    known, as that is what the decision takes it for.
    """
    known = {host.name for host in facts.hosts}
    named = {member.host for member in facts.members if member.host}
    hosts = [plain.dump(h, always=("probe",)) for h in facts.hosts]
    hosts += [
        plain.dump(facts.host(name), always=("probe",))
        for name in sorted(named - known)
    ]
    beside = {
        "hosts": hosts,
        "system": plain.dump(facts.system),
        "limits": plain.dump(facts.limits),
    }
    return {
        "members": [_written(member) for member in facts.members],
        **{name: value for name, value in beside.items() if value},
    }


def write(case: Case) -> dict[str, Any]:
    """Return the document that ``read`` reads the case from."""
    document: dict[str, Any] = {
        "case": case.title,
        "source": case.source,
        "facts": write_facts(case.facts),
    }
    if case.members is not None:
        document["expect"] = {
            "members": {
                name: plain.dump(one) for name, one in case.members.items()
            },
            "alarms": list(case.alarms),
            "quarantines": list(case.quarantines),
        }
    return document


def expected(decided: decision.Decision) -> dict[str, Expected]:
    """Return what was decided as what is expected, by group."""
    return {
        verdict.group_id: Expected(
            kind=verdict.kind,
            rule=verdict.rule,
            zone=verdict.zone,
            rung=verdict.rung,
            checkpoint=verdict.checkpoint_id,
            image=verdict.image_id,
            steps=tuple(step.action for step in verdict.steps),
        )
        for verdict in decided.verdicts
        if verdict.rule != "healthy"
    }


def differences(case: Case) -> list[str]:
    """Return in lines what is decided otherwise than expected."""
    decided = decision.decide(case.facts)
    lines = []
    for verdict in decided.verdicts:
        wanted = (case.members or {}).get(
            verdict.group_id,
            Expected(kind=decision.Kind.NOTHING, rule="healthy"),
        )
        lines += _compare(wanted, verdict)
    alarms = sorted(f"{a.rule} {a.subject}" for a in decided.alarms)
    if alarms != sorted(case.alarms):
        lines.append(
            f"alarms: expected {sorted(case.alarms)}, decided {alarms}"
        )
    closed = sorted(one.host for one in decided.quarantines if not one.would)
    if closed != sorted(case.quarantines):
        lines.append(
            f"quarantines: expected {sorted(case.quarantines)}, "
            f"decided {closed}"
        )
    return lines


def _compare(wanted: Expected, verdict: decision.Verdict) -> list[str]:
    pairs = {
        "kind": (wanted.kind, verdict.kind),
        "rule": (wanted.rule, verdict.rule),
        "zone": (wanted.zone, verdict.zone),
        "rung": (wanted.rung, verdict.rung),
        "checkpoint": (wanted.checkpoint, verdict.checkpoint_id),
        "image": (wanted.image, verdict.image_id),
        "steps": (
            " > ".join(wanted.steps),
            " > ".join(step.action for step in verdict.steps),
        ),
    }
    lines = [
        f"{verdict.group_id}: {name}: expected {old or '-'}, "
        f"decided {new or '-'}"
        for name, (old, new) in pairs.items()
        if old != new
    ]
    said = (*verdict.reasons, *verdict.refused)
    lines += [
        f"{verdict.group_id}: reasons: expected {text!r} in {list(said)}"
        for text in wanted.reasons
        if not any(text in reason for reason in said)
    ]
    return lines


def _member(data: object, where: str) -> member_facts.MemberFacts:
    given = dict(plain.mapping(data, where))
    vnfc = given.get("vnfc", "VDU1-0")
    defaults: dict[str, Any] = {
        "group_id": vnfc,
        "vnf_id": "vnf",
        "vnfc": vnfc,
        "server_id": f"server of {vnfc}",
        "host": "h1",
        "policy": _policy(given.pop("policy", {}), f"{where}.policy"),
        "image_id": None if given.get("volume_backed") else "image",
    }
    return plain.build(member_facts.MemberFacts, given, where, defaults)


def _written(member: member_facts.MemberFacts) -> dict[str, Any]:
    # Which properties a descriptor gave itself is of no account here.
    written = plain.dump(member, always=("image_id",), never=("policy",))
    policy = plain.dump(member.policy, never=("given",))
    return {**written, "policy": policy}


def _policy(data: object, where: str) -> descriptor.ResiliencyPolicy:
    return plain.build(
        descriptor.ResiliencyPolicy,
        data,
        where,
        {"name": "policy", "targets": ("VDU1",)},
    )


def _part(cls: type[_T], given: Mapping[str, object], name: str) -> _T:
    return plain.build(cls, given.get(name, {}), name, {})


def _known(
    given: Mapping[str, object], where: str, keys: tuple[str, ...]
) -> None:
    for key in given:
        if key not in keys:
            raise ValueError(
                f"{where}: unknown key {key}; known: {', '.join(keys)}"
            )


def _numbers(data: object) -> tuple[int, ...]:
    found = plain.sequence(data, "covers")
    for one in found:
        if not isinstance(one, int) or isinstance(one, bool):
            raise ValueError(f"covers: {one!r} is not a line's number")
    return tuple(one for one in found if isinstance(one, int))


def _once(where: str, names: list[str]) -> None:
    for name in names:
        if names.count(name) > 1:
            raise ValueError(f"{where}: {name} is there twice")
