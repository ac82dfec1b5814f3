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


"""``nham``: descriptors, simulation, traces, and an installation's doctor.

Exit codes: 0 good, 1 what was looked at is wrong, 2 wrong usage or a file
that cannot be read.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence

from nham import version
from nham.cmd import descriptor
from nham.cmd import doctor
from nham.cmd import simulate
from nham.cmd import trace


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code."""
    parser = argparse.ArgumentParser(
        prog="nham", description="Tools of NHAM beside its services."
    )
    parser.add_argument(
        "--version", action="version", version=version.version_string()
    )
    commands = parser.add_subparsers(metavar="COMMAND", required=True)
    descriptor.add_parser(commands)
    simulate.add_parser(commands)
    doctor.add_parser(commands)
    trace.add_parser(commands)
    arguments = parser.parse_args(argv)
    code: int = arguments.func(arguments)
    return code
