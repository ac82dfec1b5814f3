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

"""Whether two members of the sample VNF ever served one address at once.

A client numbers its requests, and each member writes the numbers that it
answered to its console, which Nova keeps when the guest is dead. Who answered
a request serves; so does who answered one that nobody heard the answer of. A
request was answered somewhere between its beginning and the client's receipt,
by the client's own clock: the guests' clocks are not compared.
"""

from __future__ import annotations

from collections.abc import Iterable
from collections.abc import Mapping
import dataclasses
import math
import re

from openstack import connection
from openstack import exceptions

#: A shell's prompt may stand before it, and a line's end is two characters.
_LINE = re.compile(r"ANSWERED (\d+) at [\d.]+\r?\n")


@dataclasses.dataclass(frozen=True)
class Answer:
    """One numbered request that a member answered.

    :ivar begun: when the client began to ask.
    :ivar at: when the client had the answer; infinite if it never had.
    """

    number: int
    member: str
    begun: float
    at: float


def numbers(console: str) -> list[int]:
    """Return the numbers of the requests that a member answered."""
    return [int(number) for number in _LINE.findall(console)]


def consoles(
    cloud: connection.Connection, server_ids: Iterable[str]
) -> dict[str, list[int]]:
    """Return what each server wrote that can still be read."""
    found = {}
    for server_id in server_ids:
        try:
            told = cloud.compute.get_server_console_output(server_id)
        except exceptions.SDKException:
            # It is gone, or its host is off: the client's record is left.
            continue
        found[server_id] = numbers(str(told["output"]))
    return found


def merged(
    heard: Iterable[Answer],
    asked: Mapping[int, float],
    logs: Mapping[str, Iterable[int]],
) -> list[Answer]:
    """Return all answers: those that the client had, and those logged.

    :param asked: when the client began each of its requests.
    :param logs: the numbers that each member logged, others' too.
    """
    known = list(heard)
    had = {(one.number, one.member) for one in known}
    for member, found in logs.items():
        known += [
            Answer(number, member, asked[number], math.inf)
            for number in found
            if number in asked and (number, member) not in had
        ]
    return known


def trouble(answers: Iterable[Answer], moves: int) -> list[str]:
    """Return what proves two actives, in words; nothing if all is well.

    :param moves: how often the service moved to another member.
    :raises ValueError: there is nothing to judge by.
    """
    known = sorted(answers, key=lambda one: (one.begun, one.number))
    if not known:
        raise ValueError("no numbered request was answered")
    return [*_answered_twice(known), *_interleaved(known, moves)]


def _answered_twice(answers: Iterable[Answer]) -> Iterable[str]:
    """Tell of the requests that more than one member answered."""
    members: dict[int, set[str]] = {}
    for one in answers:
        members.setdefault(one.number, set()).add(one.member)
    for number, found in sorted(members.items()):
        if len(found) > 1:
            names = " and ".join(sorted(found))
            yield f"number {number} was answered by {names}"


def _interleaved(answers: list[Answer], moves: int) -> Iterable[str]:
    """Tell if the service changed hands more often than it moved.

    Answers that may have come at the same time prove no order.
    """
    chain = _changes(answers)
    if len(chain) - 1 > moves:
        told = ", ".join(f"{one.number} by {one.member}" for one in chain)
        yield (
            f"the service moved {moves} times, and who answered changed "
            f"{len(chain) - 1} times: {told}"
        )


def _changes(answers: list[Answer]) -> tuple[Answer, ...]:
    """Return the longest row of answers, each by another than the last.

    Each began after the one before it had come.
    """
    moments = [(one.begun, 1, index) for index, one in enumerate(answers)]
    moments += [(one.at, 0, index) for index, one in enumerate(answers)]
    rows: list[tuple[Answer, ...]] = [()] * len(answers)
    #: The longest that ended so far, by whose answer is its last.
    longest: dict[str, tuple[Answer, ...]] = {}
    best: tuple[Answer, ...] = ()
    # One that comes in the moment in which another begins is not before it.
    for _at, begins, index in sorted(moments, key=lambda m: (m[0], -m[1])):
        one = answers[index]
        if begins:
            others = [row for m, row in longest.items() if m != one.member]
            rows[index] = (*max(others, key=len, default=()), one)
            best = max(best, rows[index], key=len)
        elif len(rows[index]) > len(longest.get(one.member, ())):
            longest[one.member] = rows[index]
    return best
