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


"""The checker of histories sees what it is there to see.

Each test plants a bug that breaks one rule, and histories are played until
the checker tells that rule.
"""

from __future__ import annotations

import dataclasses
import logging
from typing import Any

import sqlalchemy as sa

from nham.core import model
from nham.core import states
from nham.core.decision import choice
from nham.db import models
from nham.db import recoveries
from nham.engine import discover
from nham.engine import gather
from nham.engine import host_view
from nham.recovery import context
from nham.simulate import history
from nham.simulate import mishaps
from nham.tests import base

#: So many histories must be enough to see a planted bug.
_DAYS = 40


class CheckerCase(base.TestCase):
    """Plants a bug, and plays histories until it is found."""

    def setUp(self) -> None:
        super().setUp()
        logging.disable(logging.CRITICAL)
        self.addCleanup(logging.disable, logging.NOTSET)

    def only(self, *names: str) -> None:
        """Let only these mishaps happen."""
        table = {
            _name_of(mishap): weight
            for mishap, weight in zip(
                mishaps.MISHAPS, mishaps.WEIGHTS, strict=True
            )
        }
        weights = [
            table[_name_of(m)] * (_name_of(m) in names)
            for m in mishaps.MISHAPS
        ]
        self.assertEqual(len(names), sum(bool(w) for w in weights))
        self.replace("nham.simulate.mishaps.WEIGHTS", weights)

    def find(self, rule: str, first: int = 1000) -> None:
        """Play histories until the checker tells of a rule."""
        found: set[str] = set()
        for seed in range(first, first + _DAYS):
            found |= {one.rule for one in history.History(seed).play()}
            if rule in found:
                return
        self.fail(f"{rule} was not seen, only {sorted(found)}")


class CheckerTest(CheckerCase):
    """Bugs are planted and must be found; no VNFC has a standby."""

    def setUp(self) -> None:
        super().setUp()
        self.replace("nham.simulate.history._REPLICATED", 0.0)

    def test_a_claim_that_is_not_conditional(self) -> None:
        def claim(
            connection: sa.Connection,
            recovery: model.Recovery,
            epoch: int,
        ) -> model.Recovery:
            connection.execute(
                sa.update(models.group)
                .where(models.group.c.id == recovery.group_id)
                .values(recovery_id=None, epoch=epoch)
            )
            claimed = real(connection, recovery, epoch)
            assert claimed is not None
            return claimed

        def not_busy(self: Any, *args: Any) -> Any:
            return dataclasses.replace(close_up(self, *args), busy=False)

        real = recoveries.claim
        close_up = gather.Gatherer._close_up
        self.replace("nham.db.recoveries.claim", claim)
        self.replace("nham.engine.gather.Gatherer._close_up", not_busy)
        self.only("crash_vm", "start_engine")
        self.find("two recoveries at once")

    def test_an_epoch_that_does_not_rise(self) -> None:
        def claim(
            connection: sa.Connection,
            recovery: model.Recovery,
            epoch: int,
        ) -> model.Recovery | None:
            claimed = real(connection, recovery, epoch)
            if claimed is None:
                return None
            connection.execute(sa.update(models.group).values(epoch=1))
            return dataclasses.replace(claimed, epoch=1)

        real = recoveries.claim
        self.replace("nham.db.recoveries.claim", claim)
        self.only("crash_vm")
        self.find("epoch did not rise")

    def test_a_fence_that_lies(self) -> None:
        self.replace(
            "nham.adapters.simulated.fencing.SimulatedFencing._off",
            lambda _self, _host: None,
        )
        self.replace(
            "nham.adapters.simulated.fencing.SimulatedFencing.proof",
            lambda _self, host: f"{host} is off, believe me",
        )
        self.only("partition_host")
        self.find("two actives")

    def test_a_lease_that_is_not_waited_for(self) -> None:
        self.replace("nham.simulate.history._WITH_AGENTS", 1.0)
        self.replace(
            "nham.simulate.history._FENCING_BY", ((False, ("lease",)),)
        )
        self.replace(
            "nham.adapters.fencing.lease.LeaseFencing.proof",
            lambda _self, host: f"the lease of {host} is over, believe me",
        )
        self.only("partition_host")
        self.find("two actives")

    def test_a_plan_without_a_fence(self) -> None:
        real = choice.fence
        self.replace(
            "nham.core.decision.choice.fence",
            lambda host: [s for s in real(host) if s.id != "fence_host"],
        )
        self.only("partition_host")
        self.find("two actives")

    def test_a_pause_that_is_ignored(self) -> None:
        def close_up(self: Any, *args: Any) -> Any:
            return dataclasses.replace(real(self, *args), paused=False)

        real = gather.Gatherer._close_up
        self.replace("nham.engine.gather.Gatherer._close_up", close_up)
        self.only("pause", "crash_vm", "hang_guest")
        self.find("acted while paused")

    def test_a_pause_of_all_that_is_ignored(self) -> None:
        def system(self: Any, *args: Any) -> Any:
            return dataclasses.replace(real(self, *args), paused=False)

        real = gather.Gatherer._system
        self.replace("nham.engine.gather.Gatherer._system", system)
        self.only("pause_all", "crash_vm", "hang_guest")
        self.find("acted while paused")

    def test_a_maintenance_that_is_ignored(self) -> None:
        self.replace("nham.engine.host_view.HostView.facts", all_open)
        self.only("maintain", "crash_vm", "hang_guest")
        self.find("acted in maintenance")

    def test_an_operator_who_is_ignored(self) -> None:
        self.replace("nham.engine.cloud.stopped_by", lambda *_args: "nobody")
        self.replace("nham.simulate.checker._SLACK", 0.0)
        self.only("user_stop")
        self.find("acted on a stopped one")

    def test_retention_that_keeps_nothing(self) -> None:
        def retain(self: Any, group_id: str) -> None:
            good = [states.CheckpointState.AVAILABLE]
            store = self._context.store
            for one in store.checkpoints(group_id=group_id, states=good):
                self.delete(one)

        self.replace("nham.engine.catalogue.Catalogue._retain", retain)
        self.only("crash_app")
        self.find("newest checkpoint deleted")

    def test_a_digest_that_is_not_looked_at(self) -> None:
        self.replace(
            "nham.adapters.checkpoints.image.ImageEngine.usable",
            lambda _self, _checkpoint: "",
        )
        self.only("corrupt", "power_off_host", "lose_disk")
        self.find("torn image used")

    def test_a_request_that_is_forgotten(self) -> None:
        self.replace(
            "nham.recovery.server_steps._ServerStep.requested",
            lambda _self, _run: False,
        )
        self.replace(
            "nham.recovery.server_steps._ServerStep.complete", _forgetful
        )
        self.only("crash_vm", "kill_engine")
        # The engine has to die within the second that an answer takes,
        # which it does on one day of a hundred.
        self.find("asked twice", first=1328)

    def test_an_observer_that_does_not_suspect_itself(self) -> None:
        for guard in ("_blind", "_doubted"):
            self.replace(
                f"nham.core.decision.situation.{guard}", lambda *_args: False
            )
        self.only("cut_observer")
        self.find("recovered twice")

    def test_a_claim_that_is_not_freed(self) -> None:
        self.replace(
            "nham.engine.housekeeping.Housekeeper.take_over",
            lambda _self: [],
        )
        self.only("crash_vm", "kill_engine")
        self.find("claim not free")

    def test_a_replacement_that_is_not_seen(self) -> None:
        self.replace("nham.engine.discover.Discoverer._keep_vnfc", _keep_first)
        self.only("user_heal")
        self.find("records differ")

    def test_a_state_that_is_not_told(self) -> None:
        self.replace(
            "nham.engine.journal.Journal.not_acting",
            lambda _self, _verdict, _entry: None,
        )
        self.only("user_stop")
        self.find("state not told")


def all_open(self: Any) -> Any:
    """Look at hosts, and see none that is closed."""
    return tuple(
        dataclasses.replace(one, maintenance=False, quarantined=False)
        for one in _FACTS(self)
    )


_FACTS: Any = host_view.HostView.facts


def _forgetful(_self: Any, run: context.Run) -> context.Done | None:
    """Look whether the server is well, not whether that was asked for."""
    server = run.server
    well = server.status == "ACTIVE" and server.task_state is None
    return context.Done(detail="ACTIVE") if well else None


def _keep_first(self: Any, vnf: model.Vnf, vnfc: str, *rest: Any) -> None:
    """Take a VNFC in once, and look at it no more."""
    groups = self._context.store.groups(vnf_id=vnf.id)
    if vnfc not in {group.vnfc for group in groups}:
        _KEEP(self, vnf, vnfc, *rest)


_KEEP: Any = discover.Discoverer._keep_vnfc


def _name_of(mishap: Any) -> str:
    return str(mishap.__name__).lstrip("_")
