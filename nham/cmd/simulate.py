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


"""``nham simulate``: a dry run, of a whole scenario or of one decision.

Exit codes: 0 no rule was broken, 1 one was or the file is wrong, 2 wrong
usage or a file that cannot be read.
"""

from __future__ import annotations

import argparse
import json
import logging
import pathlib
import sys
from typing import Any

import yaml

from nham.core import cases
from nham.core import decision
from nham.descriptor import errors
from nham.simulate import play
from nham.simulate import report
from nham.simulate import scenario

OK = 0
WRONG = 1
UNREADABLE = 2


def add_parser(subparsers: Any) -> None:
    """Add ``simulate`` to the sub-commands of the ``nham`` command."""
    summary = "run NHAM on a simulated cloud, or ask for one decision"
    parser = subparsers.add_parser(
        "simulate", help=summary, description=summary
    )
    source = parser.add_mutually_exclusive_group(required=True)
    source.add_argument(
        "scenario", nargs="?", metavar="SCENARIO", help="scenario, a YAML file"
    )
    source.add_argument(
        "--facts", metavar="FILE", help="facts that one decision looks at"
    )
    parser.add_argument(
        "-f",
        "--format",
        choices=("text", "json"),
        default="text",
        help="how to write the answer (default: text, for people)",
    )
    parser.add_argument(
        "--seed", type=int, help="chance, instead of the scenario's own"
    )
    parser.set_defaults(func=run)


def run(args: argparse.Namespace) -> int:
    """Simulate, and print what came of it."""
    if args.facts is not None:
        return _decide(args)
    try:
        found = scenario.read(args.scenario)
    except errors.DescriptorError as error:
        print(error, file=sys.stderr)
        unreadable = isinstance(error, errors.NotReadableError)
        return UNREADABLE if unreadable else WRONG
    # What the engines log is in the timeline.
    logging.disable(logging.CRITICAL)
    try:
        outcome = play.Player(found, args.seed).play()
    finally:
        logging.disable(logging.NOTSET)
    if args.format == "json":
        print(json.dumps(report.data(outcome), indent=2))
    else:
        print(report.text(outcome))
    return WRONG if outcome.violations else OK


def _decide(args: argparse.Namespace) -> int:
    """Print what would be decided on the facts of a file."""
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
    decided = decision.decide(case.facts)
    differences = cases.differences(case) if case.members is not None else []
    if args.format == "json":
        print(json.dumps(_plain(decided, differences), indent=2))
    else:
        _print(decided, differences)
    return WRONG if differences else OK


def _print(decided: decision.Decision, differences: list[str]) -> None:
    for verdict in decided.verdicts:
        what = f" {verdict.rung} ({verdict.zone})" if verdict.rung else ""
        print(f"{verdict.group_id}: {verdict.kind}{what}, by {verdict.rule}")
        for reason in verdict.reasons:
            print(f"    because: {reason}")
        for refused in verdict.refused:
            print(f"    not instead: {refused}")
        for step in verdict.steps:
            print(f"    step {step.id}: {step.note}")
    for alarm in decided.alarms:
        print(f"alarm {alarm.rule}: {alarm.subject}: {alarm.message}")
    for difference in differences:
        print(f"not as expected: {difference}")


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
