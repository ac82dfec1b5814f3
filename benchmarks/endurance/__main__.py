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

"""``python3 -m benchmarks.endurance``: runs on a test cloud that is up.

The VNFs are killed beside each other, each in its own time.
"""

from __future__ import annotations

import argparse
from concurrent import futures
import pathlib
import tempfile

from benchmarks import rows
from benchmarks.bed import arguments
from benchmarks.bed import cloud as bed
from benchmarks.bed import report
from benchmarks.bed import service
from benchmarks.endurance import run
from benchmarks.outage import live

#: How often, if nobody says.
_ROUNDS = 30


def main() -> int:
    """Measure, print the table, write the rows."""
    args = _arguments()
    with tempfile.TemporaryDirectory(prefix="nham-endurance-") as folder:
        path = args.keep or pathlib.Path(folder)
        with (
            service.Nham(path),
            futures.ThreadPoolExecutor(len(args.mechanisms)) as pool,
        ):
            made = [_endurance(name) for name in args.mechanisms]
            rounds = [args.samples] * len(made)
            good = list(pool.map(run.Endurance.play, made, rounds))
    left = bed.made_by_nham(bed.connect())
    found = [one.row(len(left)) for one in made]
    print(rows.table(found))
    if args.json:
        rows.save(args.json, found)
        print(f"rows written to {args.json}")
    return 0 if all(good) and not left else 1


def _endurance(mechanism: str) -> run.Endurance:
    """Return a VNF that is killed beside others, with sessions of its own."""
    cloud = bed.connect()
    reports = report.Reports(cloud)
    return run.Endurance(cloud, reports, mechanism, live.Live(mechanism))


def _arguments() -> argparse.Namespace:
    parser = arguments.parser(
        "benchmarks.endurance", __doc__, (_ROUNDS, "how many fail-overs come")
    )
    parser.add_argument(
        "--mechanisms",
        nargs="+",
        choices=("1R-AS", "1R-AA"),
        default=["1R-AS", "1R-AA"],
        help="how the VNFs are protected",
    )
    return parser.parse_args()


if __name__ == "__main__":
    raise SystemExit(main())
