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
import sys
from typing import Any

from nham.cmd import facts
from nham.descriptor import errors
from nham.simulate import play
from nham.simulate import report
from nham.simulate import scenario

OK = facts.OK
WRONG = facts.WRONG
UNREADABLE = facts.UNREADABLE


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
    facts.add_options(parser)
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
        return facts.run(args)
    if args.fault is not None or args.vnfc is not None:
        print("--fault and --vnfc need --facts", file=sys.stderr)
        return UNREADABLE
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
