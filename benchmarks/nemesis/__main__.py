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

"""``python3 -m benchmarks.nemesis``: faults of all kinds, one after another.

Runs on a test cloud that is up. The same seed brings the same faults. Each
VNF is under traffic all the time. After each fault it must hold that the
VNFs it did not hit were left alone, that no two members served at once, that
the state is there and the groups are whole; at the end nothing may be left
over, and Tacker's record must be that of Nova.
"""

from __future__ import annotations

import argparse
import contextlib
import pathlib
import random
import tempfile

from benchmarks import rows
from benchmarks.bed import arguments
from benchmarks.bed import cloud as bed
from benchmarks.bed import report
from benchmarks.nemesis import deployment as deployment_
from benchmarks.nemesis import faults as faults_
from benchmarks.nemesis import run
from benchmarks.nemesis import victim as victim_
from benchmarks.outage import live

#: How many faults, if nobody says.
_FAULTS = 50


def main() -> int:
    """Play, print the table, write the rows; 0 if there was no trouble."""
    args = _arguments()
    drawn = [
        one
        for one in faults_.draw(args.seed, args.samples)
        if not args.faults or one.name in args.faults
    ]
    trouble: list[str] = []
    with tempfile.TemporaryDirectory(prefix="nham-nemesis-") as folder:
        path = args.keep or pathlib.Path(folder)
        with deployment_.Deployment(path, args.lease) as deployed:
            rounds = _play(args, drawn, deployed, trouble)
    trouble += [f"left over: {name}" for name in _left()]
    trouble += [text for one in rounds for text in one.trouble]
    found = run.to_rows(rounds)
    print(rows.table(found))
    print(f"{len(rounds)} of {len(drawn)} faults, seed {args.seed}")
    for text in trouble:
        print(f"TROUBLE: {text}")
    if args.json:
        rows.save(args.json, found)
        print(f"rows written to {args.json}")
    return 0 if len(rounds) == len(drawn) and not trouble else 1


def _play(
    args: argparse.Namespace,
    drawn: list[faults_.Fault],
    deployed: deployment_.Deployment,
    trouble: list[str],
) -> list[run.Round]:
    """Return the rounds that were played, as far as they came."""
    out = live.Live()
    reports = report.Reports(bed.connect())
    victims = {
        name: victim_.VICTIMS[name](bed.connect(), reports, name, out)
        for name in args.mechanisms
    }
    nemesis = run.Nemesis(deployed, victims, random.Random(args.seed), out)
    try:
        with contextlib.ExitStack() as stack:
            for victim in victims.values():
                stack.enter_context(victim.vnf())
            nemesis.play(drawn)
            for victim in victims.values():
                trouble += victim.record()
    except bed.Bad as why:
        trouble.append(str(why))
    return nemesis.rounds


def _left() -> list[str]:
    return bed.made_by_nham(bed.connect())


def _arguments() -> argparse.Namespace:
    parser = arguments.parser(
        "benchmarks.nemesis", __doc__, (_FAULTS, "how many faults come")
    )
    parser.add_argument(
        "--seed", type=int, default=1, help="which faults come, and where"
    )
    parser.add_argument(
        "--mechanisms",
        nargs="+",
        choices=[*victim_.VICTIMS],
        default=[*victim_.VICTIMS],
        help="how the VNFs are protected",
    )
    parser.add_argument(
        "--faults",
        nargs="+",
        choices=[one.name for one in faults_.FAULTS],
        help="only these of the drawn ones",
    )
    parser.add_argument(
        "--lease",
        action="store_true",
        help="fence hosts by the end of their lease and by nothing else",
    )
    return parser.parse_args()


if __name__ == "__main__":
    raise SystemExit(main())
