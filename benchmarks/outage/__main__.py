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

"""``python3 -m benchmarks.outage``: runs on a test cloud that is up."""

from __future__ import annotations

import argparse
import itertools
import pathlib
import tempfile
from typing import Any

from benchmarks import rows
from benchmarks.bed import arguments
from benchmarks.bed import cloud as bed
from benchmarks.bed import report
from benchmarks.bed import service
from benchmarks.outage import live
from benchmarks.outage import run


def main() -> int:
    """Measure, print the table, write the rows."""
    args = _arguments()
    out = live.Live()
    found: list[dict[str, Any]] = []
    cloud = bed.connect()
    with tempfile.TemporaryDirectory(prefix="nham-outage-") as folder:
        path = args.keep or pathlib.Path(folder)
        with service.Nham(path):
            reports = report.Reports(cloud)
            out.say("NHAM runs")
            for variant, way in itertools.product(
                args.variants, args.host_recovery
            ):
                first = way == args.host_recovery[0]
                bench = run.Bench(
                    cloud, reports, variant, out, first and args.peer, way
                )
                found += _measure(bench, variant, args.samples, first)
    print(rows.table(found))
    if args.json:
        rows.save(args.json, found)
        print(f"rows written to {args.json}")
    ours = [one for one in found if one["case"].startswith("NHAM")]
    good = all(one["state_restored"] == "yes" for one in ours)
    return 0 if good else 1


def _measure(
    bench: run.Bench, variant: str, samples: int, whole: bool
) -> list[dict[str, Any]]:
    """Measure one variant.

    :param whole: all faults; otherwise only that of a host.
    """
    seen: list[run.Sample] = []
    starts: list[float] = []
    with bench.vnfs():
        for _ in range(samples):
            if whole:
                starts.append(bench.start_time())
                seen += bench.kill_vm()
            seen += bench.power_off()
    return run.to_rows(variant, seen, starts)


def _arguments() -> argparse.Namespace:
    parser = arguments.parser(
        "benchmarks.outage", __doc__, peers="Tacker heal alone"
    )
    parser.add_argument(
        "--variants",
        nargs="+",
        choices=("image", "volume"),
        default=["image"],
        help="where the VNFs' root disks lie",
    )
    parser.add_argument(
        "--host-recovery",
        nargs="+",
        choices=("auto", "evacuate", "replace"),
        default=["auto"],
        help="how NHAM's policy has a VNFC leave a dead host; each that is "
        "named gets a row",
    )
    return parser.parse_args()


if __name__ == "__main__":
    raise SystemExit(main())
