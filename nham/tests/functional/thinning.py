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

"""Which of the many tests that differ little are run.

A recovery that is killed at a point of a step differs little from another
one that is killed at the same point of the same step. So each such pair is
tried once, and of what is left a sample, which is always the same.
``NHAM_TEST_CRASHES=all`` has all of it tried.
"""

from __future__ import annotations

import os
import random

#: The share that is run of what is like another test.
SHARE = 0.2

_ALL = os.environ.get("NHAM_TEST_CRASHES") == "all"


class Thinner:
    """Tells which tests are run, of those that it is asked for."""

    def __init__(self) -> None:
        self._seen: set[tuple[str, ...]] = set()

    def keeps(self, way: str, point: str, *kind: str) -> bool:
        """Say whether to run the test of a point; ask once for each.

        :param way: how what is interrupted is brought about.
        :param point: as ``test_crash_steps.points_of`` names it.
        :param kind: what else makes one differ from others.
        """
        # At which place of its plan a step is makes no difference.
        like = (point.lstrip("0123456789_"), *kind)
        first = like not in self._seen
        self._seen.add(like)
        return _ALL or first or _drawn(f"{way} {point}")


def _drawn(name: str) -> bool:
    # Chance for a sample, not for a secret.
    return random.Random(name).random() < SHARE  # nosec B311
