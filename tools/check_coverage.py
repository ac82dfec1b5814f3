#!/usr/bin/env python3
#
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

"""Fail if a folder's branches are covered less than a share asks for.

Usage: check_coverage.py REPORT FOLDER PERCENT, where REPORT is what
"coverage json" writes. coverage's own --fail-under mixes lines and branches.
"""

import json
from pathlib import Path
import sys


def main() -> int:
    report, folder, percent = sys.argv[1:]
    summaries = [
        entry["summary"]
        for name, entry in json.loads(Path(report).read_text())[
            "files"
        ].items()
        if Path(name).is_relative_to(folder)
    ]
    covered = sum(summary["covered_branches"] for summary in summaries)
    total = sum(summary["num_branches"] for summary in summaries)
    reached = 100 * covered / total if total else 100.0
    print(f"{folder}: {covered} of {total} branches, {reached:.1f} %")
    if reached < float(percent):
        print(f"{folder}: {percent} % is asked for", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
