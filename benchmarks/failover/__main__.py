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
import contextlib
import pathlib
import tempfile

from benchmarks import rows
from benchmarks.bed import agents as agents_
from benchmarks.bed import arguments
from benchmarks.bed import cloud as bed
from benchmarks.bed import report
from benchmarks.bed import service
from benchmarks.failover import picture
from benchmarks.failover import run as run_
from benchmarks.failover import sample
from benchmarks.outage import live


def main() -> int:
    """Measure, print the table, write the rows and the picture."""
    args = _arguments()
    out = live.Live()
    cloud = bed.connect()
    run = run_.Run(cloud, out, args.samples)
    try:
        with tempfile.TemporaryDirectory(prefix="nham-failover-") as folder:
            path = args.keep or pathlib.Path(folder)
            with contextlib.ExitStack() as stack:
                agents = None
                if args.agents:
                    agents = agents_.Agents(path / "agents")
                stack.enter_context(service.Nham(path, agents=agents))
                if agents is not None:
                    stack.enter_context(agents)
                    run.switched_on = agents.start
                reports = report.Reports(cloud)
                out.say("NHAM runs")
                for mechanism in args.mechanisms:
                    run.mechanism(reports, mechanism, args.faults)
        if args.peer:
            run.peers()
    finally:
        # Hours of samples are not lost to whatever ends the run.
        _publish(args, run.samples)
    ours = [s for s in run.samples if s.who.startswith("NHAM")]
    return 0 if run.good and all(s.restored for s in ours) else 1


def _publish(args: argparse.Namespace, samples: list[sample.Sample]) -> None:
    if not samples:
        return
    found = sample.to_rows(samples)
    print(rows.table(found))
    if args.json:
        rows.save(args.json, found)
        print(f"rows written to {args.json}")
    if args.svg:
        args.svg.write_text(picture.draw(found))
        print(f"picture written to {args.svg}")


def _arguments() -> argparse.Namespace:
    parser = arguments.parser(
        "benchmarks.failover", __doc__, peers="Tacker heal and Nova evacuate"
    )
    parser.add_argument(
        "--svg", type=pathlib.Path, help="draw the rows into this file"
    )
    parser.add_argument(
        "--agents",
        action="store_true",
        help="run nham-agent on the hosts",
    )
    parser.add_argument(
        "--mechanisms",
        nargs="+",
        choices=tuple(run_.MECHANISMS),
        help="how the VNFs are protected; without this all that can be, "
        "without --agents not those that need them: "
        f"{', '.join(run_.BY_AGENTS)}",
    )
    parser.add_argument(
        "--faults",
        nargs="+",
        choices=sample.FAULTS,
        default=list(sample.FAULTS),
        help="what happens to the VNFs; a switchover only to those with a "
        "standby",
    )
    args = parser.parse_args()
    if args.mechanisms is None:
        left = () if args.agents else run_.BY_AGENTS
        args.mechanisms = [m for m in run_.MECHANISMS if m not in left]
    for name in run_.BY_AGENTS:
        if name in args.mechanisms and not args.agents:
            parser.error(f"argument --mechanisms: {name} needs --agents")
    return args


if __name__ == "__main__":
    raise SystemExit(main())
