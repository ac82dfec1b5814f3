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


"""``nham doctor``: look whether an installation can do what it promises.

Exit codes: 0 no error was found, 1 one was, 2 wrong usage.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator
import dataclasses
import json
import logging
from typing import Any

from oslo_config import cfg

from nham import conf as nham_conf
from nham.doctor import base
from nham.doctor import checks
from nham.doctor import wiring

OK = 0
WRONG = 1

_SEE = "See the configuration reference, and correct the file."


def add_parser(subparsers: Any) -> None:
    """Add ``doctor`` to the sub-commands of the ``nham`` command."""
    summary = "look whether this installation can do what it promises"
    parser = subparsers.add_parser(
        "doctor", help=summary, description=f"{summary}; nothing is changed"
    )
    parser.add_argument(
        "--config-file",
        action="append",
        default=[],
        metavar="FILE",
        help="NHAM's configuration (default: that of its services); may be "
        "given more than once",
    )
    parser.add_argument(
        "--json", action="store_true", help="write the findings as JSON"
    )
    parser.set_defaults(func=run)


def run(args: argparse.Namespace) -> int:
    """Do all checks, and print each finding as soon as there is one."""
    found = []
    # What the libraries log of a failure is in the finding.
    logging.disable(logging.CRITICAL)
    try:
        for finding in examine(args.config_file):
            found.append(finding)
            if not args.json:
                print(_lines(finding), flush=True)
    finally:
        logging.disable(logging.NOTSET)
    if args.json:
        print(json.dumps([dataclasses.asdict(one) for one in found], indent=2))
    else:
        print(_summary(found))
    wrong = any(one.level is base.Level.ERROR for one in found)
    return WRONG if wrong else OK


def examine(config_files: list[str]) -> Iterator[base.Finding]:
    """Yield what is found, also when the configuration is wrong."""
    words = [word for path in config_files for word in ("--config-file", path)]
    try:
        conf = nham_conf.load(words, prog="nham doctor")
    except cfg.Error as failure:
        yield _wrong(failure)
        return
    try:
        parts = wiring.parts(conf)
    # Each driver, plugin and library has its own ways to refuse an option.
    except Exception as failure:
        yield _wrong(failure)
        return
    try:
        yield from checks.examine(parts)
    finally:
        parts.store.close()


def _wrong(failure: Exception) -> base.Finding:
    text = " ".join(str(failure).split()) or type(failure).__name__
    return base.error("configuration", f"It is wrong: {text}", _SEE)


def _lines(finding: base.Finding) -> str:
    text = f"{finding.level.value:8}{finding.about}: {finding.text}"
    return f"{text}\n{'':8}-> {finding.advice}" if finding.advice else text


def _summary(found: list[base.Finding]) -> str:
    count = {
        level: sum(one.level is level for one in found) for level in base.Level
    }
    return (
        f"{count[base.Level.ERROR]} errors, "
        f"{count[base.Level.WARNING]} warnings, {count[base.Level.OK]} ok"
    )
