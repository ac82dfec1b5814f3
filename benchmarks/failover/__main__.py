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

"""``python3 -m benchmarks.failover``: runs on a test cloud that is up."""

from __future__ import annotations

import argparse
import pathlib
import tempfile

from benchmarks import rows
from benchmarks.bed import arguments
from benchmarks.bed import cloud as bed
from benchmarks.bed import report
from benchmarks.bed import service
from benchmarks.failover import run
from benchmarks.outage import live


def main() -> int:
    """Measure, print the table, write the rows."""
    args = _arguments()
    out = live.Live()
    cloud = bed.connect()
    samples: list[run.Sample] = []
    with tempfile.TemporaryDirectory(prefix="nham-failover-") as folder:
        path = args.keep or pathlib.Path(folder)
        with service.Nham(path):
            reports = report.Reports(cloud)
            out.say("NHAM runs")
            for mechanism in args.mechanisms:
                ours = run.Ours(cloud, reports, mechanism, out)
                with ours.vnf():
                    for _ in range(args.samples):
                        samples += [ours.suffer(f) for f in args.faults]
        if args.peer:
            peer = run.Peer(cloud, out)
            with peer.vnf():
                for _ in range(args.samples):
                    samples += [peer.heal(), peer.evacuate()]
    found = run.to_rows(samples)
    print(rows.table(found))
    if args.json:
        rows.save(args.json, found)
        print(f"rows written to {args.json}")
    good = all(s.restored for s in samples if s.who.startswith("NHAM"))
    return 0 if good else 1


def _arguments() -> argparse.Namespace:
    parser = arguments.parser(
        "benchmarks.failover", __doc__, "Tacker heal and Nova evacuate"
    )
    parser.add_argument(
        "--mechanisms",
        nargs="+",
        choices=("1R-AS", "1R-AA"),
        default=["1R-AS", "1R-AA"],
        help="how the VNFs are protected",
    )
    parser.add_argument(
        "--faults",
        nargs="+",
        choices=run.FAULTS,
        default=list(run.FAULTS),
        help="what happens to the primary",
    )
    return parser.parse_args()


if __name__ == "__main__":
    raise SystemExit(main())
