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

"""What rungs cost, by the table and as measured."""

from __future__ import annotations

import dataclasses
import pathlib

from nham.core import descriptor
from nham.core import model
from nham.core import prices
from nham.core import states
from nham.core.decision import plans
from nham.core.decision import replicas
from nham.core.descriptor import levels
from nham.tests import base

Mechanism = descriptor.Mechanism
State = states.RecoveryState
_PAGE = pathlib.Path(__file__).parents[4] / "doc/source/user/explain.rst"
POLICY = descriptor.ResiliencyPolicy(name="p", targets=("VDU1",))


def recovery(
    took: float,
    outage: float,
    rung: str = "hard_reboot",
    state: State = State.SUCCEEDED,
) -> model.Recovery:
    """Return a recovery that was detected at 100 and ended well."""
    good = model.StepRecord(
        position=0,
        step=model.Step(
            id="s", action="s", note="", timeout=1.0, marks="first_good"
        ),
        state=states.StepState.DONE,
        ended_at=100.0 + took,
    )
    return model.Recovery(
        id="r",
        vnf_id="v",
        group_id="g",
        epoch=1,
        fault=model.Fault(
            zone=descriptor.Zone.VM,
            subject="s",
            detected_at=100.0,
            last_good_at=100.0 + took - outage,
        ),
        rule="vm-dead",
        rung=rung,
        state=state,
        steps=(good,),
    )


class TableTest(base.TestCase):
    def test_each_rung_that_brings_the_service_back_has_a_price(self) -> None:
        # For the others the service goes on, or nobody is led there.
        others = set(replicas.BESIDE) | {"readmit"}
        self.assertEqual(set(plans.RUNGS) - others, set(prices.TABLE))
        for price in (*prices.TABLE.values(), prices.SPREAD):
            self.assertGreater(price.seconds, 0.0)
            self.assertTrue(price.source)

    def test_a_standby_that_is_not_ready_costs_more(self) -> None:
        warm = prices.of("fail_over", POLICY)
        cold = prices.of(
            "fail_over", dataclasses.replace(POLICY, standby="cold")
        )
        disk = prices.of(
            "fail_over",
            dataclasses.replace(
                POLICY,
                num_backups=1,
                state_protection=descriptor.StateProtection(
                    method="image_snapshot"
                ),
            ),
        )
        spread = prices.of(
            "fail_over",
            dataclasses.replace(POLICY, redundancy=Mechanism.MR_AA),
        )
        assert warm and cold and disk and spread
        self.assertEqual(2.0, warm.seconds)
        self.assertEqual(10.0, cold.seconds)
        self.assertEqual(17.0, disk.seconds)
        self.assertEqual(0.2, spread.seconds)
        self.assertIsNone(prices.of("make_standby", POLICY))


class PageTest(base.TestCase):
    def test_the_page_has_the_tables(self) -> None:
        if not _PAGE.exists():
            self.skipTest("the manual is not beside the installed package")
        rows = [
            " ".join(line.split()) for line in _PAGE.read_text().split("\n")
        ]
        for rung, price in prices.TABLE.items():
            self.assertIn(f"``{rung}`` {price.seconds:g}", rows)
        for level in levels.LEVELS:
            self.assertIn(
                f"{level.number} {level.detect:g} {level.low:g} to "
                f"{level.high:g}",
                rows,
            )


class MeasuredTest(base.TestCase):
    def test_the_median_by_rung(self) -> None:
        found = prices.measured(
            [
                recovery(1.0, 2.0),
                recovery(2.0, 3.0),
                recovery(9.0, 9.5),
                recovery(4.0, 5.0, "evacuate"),
                recovery(100.0, 100.0, state=State.FAILED),
            ],
            "of this VNF",
        )
        self.assertEqual(
            prices.Measured(
                count=3, recovery=2.0, outage=3.0, of="of this VNF"
            ),
            found["hard_reboot"],
        )
        self.assertEqual(5.0, found["evacuate"].outage)

    def test_what_was_not_measured_is_not_there(self) -> None:
        unknown = dataclasses.replace(recovery(1.0, 2.0), steps=())
        self.assertEqual({}, prices.measured([unknown], ""))
