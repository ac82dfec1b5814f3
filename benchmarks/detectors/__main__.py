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

"""``python3 -m benchmarks.detectors``: compares the estimators."""

from __future__ import annotations

import argparse
import pathlib

from benchmarks import rows
from benchmarks.detectors import picture
from benchmarks.detectors import run
from nham.core.detection import traces


def main() -> None:
    """Play, print the table and the verdicts, write rows and picture."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", type=pathlib.Path, help="rows go here")
    parser.add_argument("--svg", type=pathlib.Path, help="picture goes here")
    parser.add_argument(
        "--questions", type=int, default=4000, help="of each made trace"
    )
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument(
        "--trace",
        type=pathlib.Path,
        action="append",
        default=[],
        help="a recorded trace to play as well (repeat for several)",
    )
    args = parser.parse_args()
    named = [
        (shape.name, traces.make(shape, args.questions, seed=args.seed))
        for shape in traces.SHAPES
    ]
    for path in args.trace:
        named.append((path.stem, traces.read(path.read_text().splitlines())))
    found = list(run.points(named))
    print(rows.table([one.row() for one in found if one.usual]))
    said = run.verdicts(found)
    print("\n".join(said))
    if args.json:
        rows.save(args.json, [one.row() for one in found])
    if args.svg:
        args.svg.write_text(picture.draw(found))


if __name__ == "__main__":
    main()
