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

"""The mechanisms and all states as a page of the manual, from their tables.

The page is kept with the other pages, and a test compares the two. To write
it anew: ``tools/write-states``.
"""

from __future__ import annotations

from collections.abc import Iterable
from collections.abc import Iterator
import enum
import textwrap

from nham.core import mechanisms
from nham.core import states

_INTRO = """\
======
States
======

.. This page is written by tools/write-states. Do not edit it.

What NHAM decides and does is told in the states of its records. This page is
made from the tables of the code, and each simulated run is checked against
them: a change that is not here is a defect, and so is one that no test takes.

Mechanisms
==========

A mechanism says which members a VNFC has, in which roles, and how they change
them. Who has no role yet is no member yet. What no step does was done to the
VNF outside any recovery, by its VNFM or by an operator.
"""
#: Characters of a line.
_WIDTH = 79
_TITLES: dict[type[enum.StrEnum], str] = {
    states.Role: "Roles of a member",
    states.VnfState: "States of a VNF",
    states.CheckpointState: "States of a checkpoint",
    states.RecoveryState: "States of a recovery",
    states.StepState: "States of a step",
    states.Severity: "Severities of an event",
}


def page() -> str:
    """Return the page, in reStructuredText."""
    lines = [_INTRO]
    for spec in mechanisms.TABLE:
        lines += _mechanism(spec)
    for kind, title in _TITLES.items():
        lines += _states(kind, title)
    return "\n".join(lines)


def _mechanism(spec: mechanisms.Spec) -> Iterator[str]:
    yield from _title(spec.name, "-")
    yield from textwrap.wrap(f"{spec.says} Source: {spec.source}.", _WIDTH)
    yield ""
    yield from _table(
        ("Role", "becomes", "by the step", "What happens"),
        (
            (
                _word(one.before),
                _word(one.after),
                _word(one.step),
                one.says,
            )
            for one in spec.transitions
        ),
    )


def _states(kind: type[enum.StrEnum], title: str) -> Iterator[str]:
    yield from _title(title, "=")
    follows = states.FOLLOWS.get(kind)
    if follows is None:
        rows = [(_word(one), states.meaning(one)) for one in kind]
        yield from _table(("State", "Meaning"), rows)
        return
    ordered = [
        (
            _word(one),
            states.meaning(one),
            ", ".join(map(_word, follows[one])) or "none",
        )
        for one in kind
    ]
    yield from _table(("State", "Meaning", "May become"), ordered)


def _title(text: str, line: str) -> Iterator[str]:
    yield text
    yield line * len(text)
    yield ""


def _table(
    header: tuple[str, ...], rows: Iterable[tuple[str, ...]]
) -> Iterator[str]:
    yield ".. list-table::"
    yield "   :header-rows: 1"
    yield ""
    for row in (header, *rows):
        for number, cell in enumerate(row):
            lead = f"   {'*' if number == 0 else ' '} - "
            yield from textwrap.wrap(
                cell, _WIDTH, initial_indent=lead, subsequent_indent=" " * 7
            )
    yield ""


def _word(word: str | None) -> str:
    return "none" if word is None else f"``{word}``"
