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

"""The facts of a recovery, kept as a file that decides the same again.

All that NHAM knows at one moment may be much; what one decision turned on
is little. So the facts are cut to the member, its hosts and who is on them,
and the cut is kept only if the decision on it is the very same.

Source: design rule 7: every decision can be asked for its reasons.
"""

from __future__ import annotations

from collections.abc import Iterator
from collections.abc import Sequence
import dataclasses
import json
from typing import Any

from nham.core import cases
from nham.core import decision
from nham.core import facts as facts_
from nham.core import member_facts

#: Bytes of JSON that the facts of one recovery may take.
LIMIT = 64_000
#: A member takes so many at least: its ids.
_FEWEST = 200
#: How many more members and hosts each cut has; the last has all. With none a
#: new member can only go where it went, however full the others are.
_CUTS = (2, 16, 0, None)

Member = member_facts.MemberFacts


def document(
    title: str, source: str, facts: facts_.Facts, verdict: decision.Verdict
) -> dict[str, Any] | None:
    """Return the facts with what was decided, as a file for ``cases.read``.

    :param verdict: what was decided on these facts about one member.
    :returns: None if no cut that decides the same is small enough.
    """
    for cut in _cuts(facts, verdict):
        decided = decision.decide(cut)
        if verdict not in decided.verdicts:
            continue
        case = cases.Case(
            title=title,
            source=source,
            facts=cut,
            members=cases.expected(decided),
            alarms=tuple(f"{a.rule} {a.subject}" for a in decided.alarms),
            quarantines=tuple(
                one.host for one in decided.quarantines if not one.would
            ),
        )
        written = cases.write(case)
        small = len(json.dumps(written)) <= LIMIT
        return written if small else None
    return None


def _cuts(
    facts: facts_.Facts, verdict: decision.Verdict
) -> Iterator[facts_.Facts]:
    """Yield cuts of the facts, all with what is nearest to the member."""
    groups = {member.group_id: member for member in facts.members}
    subject = groups.get(verdict.group_id)
    if subject is None:
        return
    near = _hosts_of(subject) | {
        str(step.args["host"]) for step in verdict.steps if "host" in step.args
    }
    beside = [
        member
        for member in facts.members
        if member is not subject and _hosts_of(member) & near
    ]
    for more in _CUTS:
        if more is None:
            # Whoever has failed waits for this.
            if len(facts.members) * _FEWEST <= LIMIT:
                yield facts
            return
        yield dataclasses.replace(
            facts,
            members=(subject, *beside[:more]),
            hosts=_nearest(facts.hosts, near, more),
        )


def _hosts_of(member: Member) -> set[str]:
    hosts = (member.host, *(one.host for one in member.standbys))
    return {host for host in hosts if host is not None}


def _nearest(
    hosts: Sequence[facts_.HostFacts], near: set[str], more: int
) -> tuple[facts_.HostFacts, ...]:
    """Return the hosts that are near, and some of those that are well.

    Others must be there, as the guards count how many are not.
    """
    others = [host for host in hosts if host.name not in near]
    others.sort(key=lambda h: h.probe is not facts_.Health.OK)
    kept = near | {host.name for host in others[:more]}
    return tuple(host for host in hosts if host.name in kept)
