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


"""Tells what a scenario came to, for people and for programs."""

from __future__ import annotations

from collections.abc import Iterator
from collections.abc import Sequence
from typing import Any

from nham.core import model
from nham.core import timeline
from nham.simulate import clients
from nham.simulate import play


def text(outcome: play.Outcome) -> str:
    """Return it for people."""
    lines = [f"{outcome.title} (seed {outcome.seed})", "", "Timeline"]
    lines += [
        f"{line.at:9.2f} s  {line.who:8}  {line.text}"
        for line in outcome.lines
    ]
    lines += ["", "Recoveries"]
    for recovery in outcome.recoveries:
        lines += _recovery(outcome, recovery)
    if not outcome.recoveries:
        lines.append("  none")
    lines += ["", "What users saw"]
    for user in outcome.users:
        lines += _user(user)
    lines += ["", "VNFs at the end"]
    for vnf in outcome.vnfs:
        why = f": {vnf.reason}" if vnf.reason else ""
        lines.append(f"  {vnf.name} is {vnf.state}{why}")
    lines += ["", "Rules broken"]
    lines += [
        f"  {one.at - outcome.began:.2f} s {one.rule}: {one.subject} "
        f"{one.detail}"
        for one in outcome.violations
    ] or ["  none"]
    return "\n".join(lines)


def data(outcome: play.Outcome) -> dict[str, Any]:
    """Return it as plain data; times are seconds since the start."""
    return {
        "title": outcome.title,
        "seed": outcome.seed,
        "seconds": outcome.seconds,
        "timeline": [
            {"at": round(line.at, 3), "who": line.who, "text": line.text}
            for line in outcome.lines
        ],
        "recoveries": [_plain(outcome, one) for one in outcome.recoveries],
        "users": [
            {
                "vnf": user.vnf,
                "vnfc": user.vnfc,
                "outages": [_outage(one) for one in user.outages],
            }
            for user in outcome.users
        ],
        "vnfs": [
            {"name": vnf.name, "state": vnf.state, "reason": vnf.reason}
            for vnf in outcome.vnfs
        ],
        "violations": [
            {
                "at": round(one.at - outcome.began, 3),
                "rule": one.rule,
                "subject": one.subject,
                "detail": one.detail,
            }
            for one in outcome.violations
        ],
    }


def _recovery(
    outcome: play.Outcome, recovery: model.Recovery
) -> Iterator[str]:
    at = recovery.started_at - outcome.began
    yield (
        f"  {at:.2f} s  {recovery.rung} of {recovery.fault.subject} "
        f"({recovery.rule}): {recovery.state} {recovery.reason}".rstrip()
    )
    yield from _list("because", recovery.reasons)
    yield from _list("not instead", recovery.refused)
    yield from _list("seen", recovery.fault.evidence)
    times = timeline.timeline(recovery)
    spans = [
        f"{name.removesuffix('_seconds')} {times[name]:.2f} s"
        for name in timeline.DURATIONS
        if times[name] is not None
    ]
    yield from _list("took", [", ".join(spans)] if spans else [])


def _list(title: str, items: Sequence[str]) -> Iterator[str]:
    for item in items:
        yield f"      {title}: {item}"


def _user(user: clients.Client) -> Iterator[str]:
    name = f"{user.vnf}/{user.vnfc}"
    if not user.outages:
        yield f"  {name}: no outage"
    for outage in user.outages:
        if outage.until is None:
            yield f"  {name}: no answer since {outage.since:.2f} s"
            continue
        took = outage.until - outage.since
        yield (
            f"  {name}: no answer for {took:.2f} s from "
            f"{outage.since:.2f} s on; {_state(outage)}"
        )


def _state(outage: clients.Outage) -> str:
    if outage.lost is None:
        return "state not restored"
    late = f" {outage.bare:.2f} s later" if outage.bare else ""
    if outage.lost == 0:
        return f"state restored{late}, nothing lost"
    return f"state restored{late}, the last {outage.lost:.0f} s of it lost"


def _outage(outage: clients.Outage) -> dict[str, Any]:
    ended = outage.until is not None
    return {
        "since": round(outage.since, 3),
        "seconds": round(outage.until - outage.since, 3)
        if outage.until is not None
        else None,
        "restored": outage.lost is not None if ended else None,
        "lost_seconds": outage.lost if ended else None,
        "bare_seconds": round(outage.bare, 3) if ended else None,
    }


def _plain(outcome: play.Outcome, recovery: model.Recovery) -> dict[str, Any]:
    times = timeline.timeline(recovery)
    return {
        "at": round(recovery.started_at - outcome.began, 3),
        "zone": recovery.fault.zone,
        "subject": recovery.fault.subject,
        "rule": recovery.rule,
        "rung": recovery.rung,
        "state": recovery.state,
        "reason": recovery.reason,
        "reasons": list(recovery.reasons),
        "refused": list(recovery.refused),
        "evidence": list(recovery.fault.evidence),
        "steps": [
            {"step": one.step.id, "state": one.state, "detail": one.detail}
            for one in recovery.steps
        ],
        **{name: times[name] for name in timeline.DURATIONS},
    }
