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

"""The options that the benchmarks on a test cloud share."""

from __future__ import annotations

import argparse
import pathlib


def parser(
    prog: str,
    description: str | None,
    samples: tuple[int, str] = (1, "how often each fault comes"),
    peers: str | None = None,
) -> argparse.ArgumentParser:
    """Return a parser with them.

    :param samples: how many if nobody says, and of what.
    :param peers: what is measured beside NHAM, if anything.
    """
    made = argparse.ArgumentParser(prog=prog, description=description)
    made.add_argument(
        "--json", type=pathlib.Path, help="write the rows to this file"
    )
    made.add_argument(
        "--samples", type=int, default=samples[0], help=samples[1]
    )
    if peers is not None:
        made.add_argument(
            "--no-peer",
            dest="peer",
            action="store_false",
            help=f"leave out {peers}",
        )
    made.add_argument(
        "--keep",
        type=pathlib.Path,
        help="folder for NHAM's configuration, database and log",
    )
    return made
