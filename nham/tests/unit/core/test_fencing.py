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

"""Which driver is asked next."""

from __future__ import annotations

import configparser
import pathlib

import hypothesis
from hypothesis import strategies as st

from nham.adapters.fencing import member_agent
from nham.adapters.fencing import nova
from nham.adapters.fencing import port
from nham.core import fencing
from nham.tests import base

_PAGE = pathlib.Path(__file__).parents[4] / "doc/source/admin/fencing.rst"
_SETUP = pathlib.Path(__file__).parents[4] / "setup.cfg"
NAMES = ("a", "b", "c")
SHARE = 10.0
SHARES = dict.fromkeys(NAMES, SHARE)


def attempt(at: float, said: str = "", final: bool = False) -> fencing.Attempt:
    """Return what came of asking a driver."""
    return fencing.Attempt(at=at, said=said, final=final)


ATTEMPTS = st.builds(
    attempt,
    at=st.floats(0.0, 100.0),
    said=st.sampled_from(("", "no")),
    final=st.booleans(),
)


class NextDriverTest(base.TestCase):
    def test_table(self) -> None:
        waits, failed = attempt(0.0), attempt(0.0, "no")
        never = attempt(0.0, "never", True)
        for tried, now, wanted in (
            ({}, 0.0, "a"),
            ({"a": waits}, 9.9, None),
            ({"a": waits}, 10.0, "b"),
            ({"a": failed}, 0.0, "b"),
            ({"a": failed, "b": attempt(0.0)}, 9.0, None),
            ({"a": failed, "b": failed, "c": failed}, 0.9, None),
            ({"a": failed, "b": failed, "c": failed}, 1.0, "a"),
            ({"a": never, "b": failed, "c": failed}, 1.0, "b"),
            ({"a": never, "b": never, "c": never}, 99.0, None),
            ({"a": waits, "b": waits, "c": waits}, 99.0, None),
            ({"a": waits, "b": waits, "c": failed}, 99.0, "c"),
        ):
            with self.subTest(tried=tried, now=now):
                found = fencing.next_driver(SHARES, tried, now)
                self.assertEqual(wanted, found)

    def test_nobody_has_the_means(self) -> None:
        self.assertIsNone(fencing.next_driver({}, {}, 0.0))

    def test_each_has_its_own_time(self) -> None:
        tried = {"a": attempt(0.0)}
        for now, wanted in ((0.9, None), (1.0, "b")):
            found = fencing.next_driver({"a": 1.0, "b": 9.0}, tried, now)
            self.assertEqual(wanted, found)

    @hypothesis.given(
        st.dictionaries(st.sampled_from(NAMES), ATTEMPTS),
        st.floats(0.0, 200.0),
    )
    def test_rules(
        self, tried: dict[str, fencing.Attempt], now: float
    ) -> None:
        name = fencing.next_driver(SHARES, tried, now)
        if name is None:
            return
        before = NAMES[: NAMES.index(name)]
        again = tried.get(name)
        if again is None:
            # Nobody is passed over, and nobody is cut short.
            for one in before:
                self.assertIn(one, tried)
                waiting = not tried[one].said
                self.assertFalse(waiting and now - tried[one].at < SHARE)
        else:
            # Nobody is asked twice who may still give proof, or never will.
            self.assertEqual(set(NAMES), set(tried))
            self.assertTrue(again.said and not again.final)
            self.assertGreaterEqual(now - again.at, fencing.PAUSE)


class WordsTest(base.TestCase):
    def test_when_it_is_looked_at(self) -> None:
        self.assertTrue(fencing.is_looked_at(attempt(0.0), 0.5))
        self.assertFalse(fencing.is_looked_at(attempt(0.0), 0.4))
        self.assertFalse(fencing.is_looked_at(attempt(0.0, "no"), 9.0))
        self.assertTrue(fencing.is_looked_at(attempt(0.0), 0.1, prompt=True))

    def test_whose_proof_it_was(self) -> None:
        for said, wanted in (
            ("agent: the agent of cmp1 says", "agent"),
            ("port: 1 (before it, nova: no)", "port"),
            ("", ""),
        ):
            self.assertEqual(wanted, fencing.proved_by(said))

    def test_summary(self) -> None:
        tried = {"a": attempt(0.0, "no"), "b": attempt(0.0)}
        self.assertEqual("a: no; b: no proof", fencing.summary(tried))
        self.assertEqual("a: no", fencing.summary(tried, but="b"))

    def test_who_took_part(self) -> None:
        for said, wanted in (
            ("nova: off", True),
            ("port: 1 (before it, nova: no)", True),
            ("not true after 9 s: port: no; nova: no proof", True),
            ("port: 1 ports are disabled", False),
            ("supernova: off", False),
            ("", False),
        ):
            self.assertIs(wanted, fencing.took_part("nova", said), said)

    def test_each_driver_s_word_is_explained(self) -> None:
        for means in fencing.MEANS:
            self.assertIn(means.zone, ("host", "member"))
            for text in (
                means.does,
                means.proof,
                means.leaves_open,
                means.needs,
            ):
                self.assertTrue(text.endswith("."), text)
            self.assertEqual(means.zone == "member", bool(means.lasts))

    def test_how_long_a_proof_lasts_is_what_the_driver_says(self) -> None:
        for driver in (
            member_agent.AgentMemberFencing,
            nova.NovaFencing,
            port.PortFencing,
        ):
            (means,) = (
                one
                for one in fencing.MEANS
                if (one.zone, one.name) == ("member", driver.name)
            )
            says = {True: "Yes: ", False: "No: "}[driver.lasting]
            self.assertTrue(means.lasts.startswith(says), driver.name)


class ManualTest(base.TestCase):
    """What is told of each driver is what the code says."""

    def setUp(self) -> None:
        super().setUp()
        if not _PAGE.exists():
            self.skipTest("the manual is not beside the installed package")

    def test_each_driver_is_in_the_page(self) -> None:
        words = " ".join(_PAGE.read_text().split())
        for means in fencing.MEANS:
            with self.subTest(driver=means.name):
                cells = [
                    means.does,
                    means.proof,
                    means.leaves_open,
                    means.needs,
                    *([means.lasts] if means.lasts else []),
                ]
                self.assertIn(
                    f"* - ``{means.name}`` - {' - '.join(cells)}", words
                )

    def test_each_driver_of_ours_has_a_line(self) -> None:
        config = configparser.ConfigParser()
        config.read(_SETUP)
        for zone, namespace in (
            ("host", "nham.fencing"),
            ("member", "nham.fencing.member"),
        ):
            listed = config["entry_points"][namespace].strip().splitlines()
            names = {line.split("=")[0].strip() for line in listed}
            ours = {one.name for one in fencing.MEANS if one.zone == zone}
            self.assertEqual(ours, names)
