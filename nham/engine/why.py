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

"""Answers why: what would be done to a VNF now, and if something failed.

Facts are gathered once, and the decision itself is asked on them. Nothing
is acted on, and nothing is taken note of.
"""

from __future__ import annotations

from typing import Any

from nham.core import outlook
from nham.core import prices
from nham.core.decision import whatif
from nham.engine import fleet as fleet_
from nham.engine import gather as gather_
from nham.recovery import context

#: Of so many recoveries, the newest, it is seen what a rung takes.
_LOOK_BACK = 200


class Explainer:
    """Explains what the engine would decide."""

    def __init__(
        self, ctx: context.Context, gatherer: gather_.Gatherer
    ) -> None:
        self._context = ctx
        self._gatherer = gatherer

    def why(
        self, vnf_id: str, group_id: str | None, fault: str
    ) -> list[dict[str, Any]]:
        """Return the outlooks of a VNF as plain data, by VNFC and fault.

        :param group_id: one VNFC of it; None: all.
        :param fault: a word for ``whatif.faults``.
        :raises ValueError: there is no such fault.
        """
        wanted = whatif.faults(fault)
        fleet = fleet_.load(self._context.store)
        close = {
            entry.group.id
            for entry in fleet
            if entry.vnf.id == vnf_id and group_id in (None, entry.group.id)
        }
        if not close:
            return []
        seen = self._gatherer.look(fleet, close)
        measured = self._measured(vnf_id)
        return [
            outlook.outlook(seen, entry.group.id, one, measured).plain
            for entry in fleet
            if entry.group.id in close
            for one in wanted
        ]

    def _measured(self, vnf_id: str) -> tuple[dict[str, prices.Measured], ...]:
        """Return what rungs have taken: of this VNF, then of all."""
        store = self._context.store
        own = store.recoveries(vnf_id=vnf_id, limit=_LOOK_BACK)
        every = store.recoveries(limit=_LOOK_BACK)
        return (
            prices.measured(own, "of this VNF"),
            prices.measured(every, "of all VNFs"),
        )
