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

"""Tells when the state that could be restored is older than it may be.

Source: the recovery point objective of ETSI NFV-REL 001; here the age of
the newest restorable state against the policy's ``rpo``.
"""

from __future__ import annotations

from nham import metrics
from nham.core import states
from nham.engine import fleet as fleet_
from nham.engine import journal as journal_


class StateAges:
    """Knows whose saved state is too old, and tells it once."""

    def __init__(self, journal: journal_.Journal) -> None:
        self._journal = journal
        self._late: set[str] = set()

    def note(self, entry: fleet_.Entry, age: float) -> None:
        """Take note of the age of a group's newest restorable state.

        :param age: seconds since its cut.
        """
        metrics.state_age(entry.vnf.name, entry.group.vnfc, age)
        group_id = entry.group.id
        oldest = entry.policy.state_protection.oldest
        if age > oldest and group_id not in self._late:
            self._late.add(group_id)
            self._tell(
                entry,
                states.Severity.WARNING,
                "state-too-old",
                f"the newest restorable state is {age:.1f} s old, and may be "
                f"{oldest:g} s",
            )
        elif age <= oldest and group_id in self._late:
            self._late.discard(group_id)
            self._tell(
                entry,
                states.Severity.INFO,
                "state-saved-again",
                f"the newest restorable state is {age:.1f} s old",
            )

    def _tell(
        self,
        entry: fleet_.Entry,
        severity: states.Severity,
        kind: str,
        text: str,
    ) -> None:
        self._journal.event(
            severity,
            kind,
            f"{entry.vnf.name} {entry.group.vnfc}: {text}",
            entry.vnf.id,
        )
