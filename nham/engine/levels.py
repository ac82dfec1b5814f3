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

"""Tells the service availability level of each VNFC as a metric.

Source: ETSI GS NFV-REL 001; see ``nham.core.sal``.
"""

from __future__ import annotations

from collections.abc import Iterable

from nham import metrics
from nham.core import model
from nham.core import prices
from nham.core import sal
from nham.db import store as store_
from nham.engine import fleet as fleet_

#: Of so many recoveries of all VNFs, the newest, the levels are measured.
_LOOK_BACK = 1000


def tell(store: store_.Store, fleet: Iterable[fleet_.Entry]) -> None:
    """Tell the levels of the fleet, and of nobody else any more."""
    by_vnf: dict[str, list[model.Recovery]] = {}
    for recovery in store.recoveries(limit=_LOOK_BACK):
        by_vnf.setdefault(recovery.vnf_id, []).append(recovery)
    found: dict[tuple[str, str, str], int] = {}
    for entry in fleet:
        own = by_vnf.get(entry.vnf.id, [])
        measured = prices.measured(own, "of this VNF")
        reach = sal.reachable(entry.policy, measured)
        seen = sal.seen(r for r in own if r.group_id == entry.group.id)
        levels = {"declared": entry.policy.sal, "reachable": reach.level}
        if seen is not None:
            levels["measured"] = seen.level
        for kind, level in levels.items():
            name = (entry.vnf.name, entry.group.vnfc, kind)
            found[name] = level or 0
    metrics.levels(found)
