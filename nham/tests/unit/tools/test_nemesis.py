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

"""The nemesis draws all kinds of faults, and knows a wrong recovery."""

from __future__ import annotations

import dataclasses
import random
from unittest import mock

from benchmarks.nemesis import faults
from benchmarks.nemesis import run
from benchmarks.nemesis import victim
from nham.tests import base


def seen(*rungs: str, trouble: tuple[str, ...] = ()) -> victim.Seen:
    return victim.Seen(outage=1.0, rungs=rungs, doubts=0, trouble=trouble)


class TestDraw(base.TestCase):
    def test_a_seed_is_a_sequence(self) -> None:
        drawn = [one.name for one in faults.draw(7, 50)]
        self.assertEqual(50, len(drawn))
        self.assertEqual(drawn, [one.name for one in faults.draw(7, 50)])
        self.assertNotEqual(drawn, [one.name for one in faults.draw(8, 50)])

    def test_each_kind_comes(self) -> None:
        deck = sum(one.weight for one in faults.FAULTS)
        drawn = {one.name for one in faults.draw(1, deck)}
        self.assertEqual({one.name for one in faults.FAULTS}, drawn)


class TestRounds(base.TestCase):
    def play(self, fault: str, *seen_: victim.Seen) -> run.Round:
        """Return the round of a fault that hits the first of the VNFs."""
        victims = {}
        for index, one in enumerate(seen_):
            name = f"VNF{index}"
            victims[name] = mock.Mock(mechanism=name, killed=("primary",))
            victims[name].end.return_value = one
            victims[name].hosts = {"cmp1"} if index == 0 else set()
        dice = mock.Mock(spec=random.Random)
        dice.choice.side_effect = lambda some: some[0]
        wanted = next(one for one in faults.FAULTS if one.name == fault)
        bring, mend = mock.Mock(), mock.Mock()
        kind = dataclasses.replace(wanted, bring=bring, mend=mend, hold=0.0)
        nemesis = run.Nemesis(mock.Mock(), victims, dice, mock.Mock())
        nemesis.play([kind])
        for name, one in victims.items():
            one.end.assert_called_once_with(name in nemesis.rounds[0].hit)
        bring.assert_called_once()
        mend.assert_called_once()
        return nemesis.rounds[0]

    def test_all_is_well(self) -> None:
        self.assertEqual((), self.play("QEMU", seen("x"), seen()).trouble)
        self.assertEqual((), self.play("host", seen("x"), seen()).trouble)
        self.assertEqual((), self.play("engine", seen(), seen()).trouble)

    def test_wrong_recovery(self) -> None:
        for fault, who in (("QEMU", 1), ("host", 1), ("engine", 0)):
            did = [seen(), seen()]
            did[who] = seen("fail_over")
            with self.subTest(fault):
                self.assertEqual(
                    (f"VNF{who}: wrong recovery: fail_over",),
                    self.play(fault, *did).trouble,
                )

    def test_what_a_vnf_saw(self) -> None:
        found = self.play("QEMU", seen(trouble=("two actives",)), seen())
        self.assertEqual(("VNF0: two actives",), found.trouble)
        rows = run.to_rows([found])
        self.assertEqual(
            [("QEMU", 1)], [(r["case"], r["trouble"]) for r in rows]
        )
