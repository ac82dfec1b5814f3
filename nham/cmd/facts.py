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

"""``nham simulate --facts``: the decision on facts of a file.

As they are, or with a fault imposed on them: ``--fault``.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
import json
import pathlib
import sys
from typing import Any

import yaml

from nham.core import cases
from nham.core import decision
from nham.core import outlook
from nham.core.decision import whatif

OK = 0
WRONG = 1
UNREADABLE = 2


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add what is asked of a file of facts."""
    parser.add_argument(
        "--fault",
        choices=(*whatif.Fault, "all"),
        help="with --facts: decide as if this had failed, for each VNFC: the "
        "application (vnfc), its VM, its host, or each in turn (all)",
    )
    parser.add_argument(
        "--vnfc",
        metavar="NAME",
        help="with --fault: of this VNFC only, by its name or its group",
    )


def run(args: argparse.Namespace) -> int:
    """Decide on the facts of a file, and print what comes of it."""
    try:
        text = pathlib.Path(args.facts).read_text(encoding="utf-8")
        case = cases.read(yaml.safe_load(text))
    except OSError as error:
        print(f"{args.facts}: file: {error.strerror}", file=sys.stderr)
        return UNREADABLE
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        where = f":{mark.line + 1}" if mark else ""
        what = getattr(error, "problem", None) or "not readable"
        print(f"{args.facts}{where}: not YAML: {what}", file=sys.stderr)
        return WRONG
    except ValueError as error:
        print(f"{args.facts}: {error}", file=sys.stderr)
        return WRONG
    if args.fault is None and args.vnfc is None:
        return _decide(case, args.format)
    return _suppose(case, args)


def _suppose(case: cases.Case, args: argparse.Namespace) -> int:
    """Print what would be decided if something failed."""
    groups = [
        member.group_id
        for member in case.facts.members
        if args.vnfc in (None, member.vnfc, member.group_id)
    ]
    if not groups:
        print(
            f"--vnfc {args.vnfc}: {args.facts} has no such VNFC",
            file=sys.stderr,
        )
        return UNREADABLE
    found = [
        outlook.outlook(case.facts, group_id, fault)
        for group_id in groups
        for fault in whatif.faults(args.fault or "all")
    ]
    if args.format == "json":
        data = {"outlooks": [one.plain for one in found]}
        print(json.dumps(data, indent=2))
    else:
        _print_outlooks(found)
    return OK


def _print_outlooks(found: Sequence[outlook.Outlook]) -> None:
    for one in found:
        print(f"{one.vnfc}, {whatif.MEANINGS[one.fault]}:")
        _print_verdict(one.verdict)
        if one.unseen:
            print(f"    NHAM would not see it: {one.unseen}")
        if one.held_by:
            print(f"    held by: {one.held_by}")
        if one.outage is not None:
            print(f"    outage: {one.outage.seconds:.1f} s, {one.outage.says}")
        if one.state_age is not None:
            print(f"    state lost: {one.state_age:.1f} s")


def _decide(case: cases.Case, form: str) -> int:
    """Print what is decided on the facts as they are."""
    decided = decision.decide(case.facts)
    differences = cases.differences(case) if case.members is not None else []
    if form == "json":
        print(json.dumps(_plain(decided, differences), indent=2))
    else:
        _print(decided, differences)
    return WRONG if differences else OK


def _print(decided: decision.Decision, differences: list[str]) -> None:
    for verdict in decided.verdicts:
        _print_verdict(verdict)
    for alarm in decided.alarms:
        print(f"alarm {alarm.rule}: {alarm.subject}: {alarm.message}")
    for difference in differences:
        print(f"not as expected: {difference}")


def _print_verdict(verdict: decision.Verdict) -> None:
    what = f" {verdict.rung} ({verdict.zone})" if verdict.rung else ""
    print(f"{verdict.group_id}: {verdict.kind}{what}, by {verdict.rule}")
    for reason in verdict.reasons:
        print(f"    because: {reason}")
    for refused in verdict.refused:
        print(f"    not instead: {refused}")
    for step in verdict.steps:
        print(f"    step {step.id}: {step.note}")


def _plain(
    decided: decision.Decision, differences: list[str]
) -> dict[str, Any]:
    return {
        "verdicts": [
            {
                "group": verdict.group_id,
                "kind": verdict.kind,
                "rule": verdict.rule,
                "zone": verdict.zone,
                "rung": verdict.rung,
                "checkpoint": verdict.checkpoint_id,
                "image": verdict.image_id,
                "reasons": list(verdict.reasons),
                "refused": list(verdict.refused),
                "steps": [
                    {"action": step.action, "note": step.note}
                    for step in verdict.steps
                ],
            }
            for verdict in decided.verdicts
        ],
        "alarms": [
            {"rule": one.rule, "subject": one.subject, "message": one.message}
            for one in decided.alarms
        ],
        "differences": differences,
    }
