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

"""Bad days by the thousand: ``python3 -m benchmarks.histories``.

Plays a range of seeded histories and has the checker look at each, one line
for each seed that broke a rule; the exit code is 1 if any did. The seeds can
be divided among several processes: ``--first 2 --step 2`` has the even ones.
"""

from __future__ import annotations

import argparse
import collections
from collections.abc import Iterable
import logging
import pathlib
from typing import Any

from benchmarks import rows
from nham.adapters.simulated import records
from nham.simulate import history


class Tally:
    """Counts what was played.

    :ivar broken: rules that were broken, by seed.
    """

    def __init__(self) -> None:
        self.broken: dict[int, tuple[records.Violation, ...]] = {}
        self._days: collections.Counter[str] = collections.Counter()
        self._mishaps: collections.Counter[str] = collections.Counter()
        self._recoveries = 0

    def play(self, seed: int) -> tuple[records.Violation, ...]:
        """Play one day; return the rules that were broken.

        A day that could not be played to its end broke one, too: the others
        are played all the same.
        """
        day = history.History(seed)
        try:
            found = day.play()
        except Exception as error:
            found = (
                records.Violation(
                    at=day.lab.clock.now(),
                    rule="the day broke off",
                    subject=type(error).__name__,
                    detail=str(error),
                ),
            )
        self._days[day.fencing] += 1
        self._mishaps.update(one.what for one in day.auditor.injections)
        self._recoveries += len(day.lab.store.recoveries())
        if found:
            self.broken[seed] = found
        return found

    def rows(self, seeds: Iterable[int]) -> list[dict[str, Any]]:
        """Return what was played, one row for each kind."""
        played = list(seeds)
        total = {
            "kind": "days",
            "what": f"seeds {played[0]} to {played[-1]}",
            "count": len(played),
        }
        found = [
            total,
            {"kind": "days", "what": "broken", "count": len(self.broken)},
            {"kind": "recoveries", "what": "begun", "count": self._recoveries},
        ]
        for kind, counted in (
            ("days", self._days),
            ("mishaps", self._mishaps),
        ):
            found += [
                {"kind": kind, "what": what, "count": count}
                for what, count in sorted(counted.items())
            ]
        return found


def main() -> int:
    """Play the days; tell which broke a rule, and what was played."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--first", type=int, default=1, help="first seed")
    parser.add_argument("--last", type=int, default=5000, help="last seed")
    parser.add_argument("--step", type=int, default=1, help="of the seeds")
    parser.add_argument("--json", type=pathlib.Path, help="rows go here")
    args = parser.parse_args()
    # What so many days log would be most of the work.
    logging.disable(logging.CRITICAL)
    tally = Tally()
    seeds = range(args.first, args.last + 1, args.step)
    for seed in seeds:
        for one in tally.play(seed):
            where = f"{one.rule}: {one.subject}: {one.detail}"
            print(f"seed {seed}: {where}", flush=True)
    found = tally.rows(seeds)
    print(rows.table(found))
    if args.json:
        rows.save(args.json, found)
    return 1 if tally.broken else 0


if __name__ == "__main__":
    raise SystemExit(main())
