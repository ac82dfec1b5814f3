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

from __future__ import annotations

import dataclasses

import hypothesis
from hypothesis import strategies as st

from nham.core.agent import lease
from nham.core.agent import messages
from nham.core.agent import terms as terms_
from nham.tests import base

A, B, C = "server-a", "server-b", "server-c"
TERMS = terms_.Terms(lease=3.0, drift=0.02, stop=1.0)


def keeper(
    duty: lease.Duty | None = None, until: float = 0.0, now: float = 100.0
) -> lease.Keeper:
    return lease.Keeper(duty or lease.Duty(), until, now)


def kept(*servers: str) -> lease.Duty:
    return lease.Duty({"ctl1": frozenset(servers)}, frozenset(servers))


class KeeperTest(base.TestCase):
    """What one agent does with grants and lists."""

    def test_who_was_never_granted_a_lease_stops_nobody(self) -> None:
        one = keeper()
        one.take("ctl1", [A], 100.0)
        self.assertEqual(frozenset(), one.to_stop(1e9))
        self.assertEqual("", one.duty.digest("ctl1"))
        self.assertIsNone(one.next_at(100.0))

    def test_a_lease_counts_from_when_the_heartbeat_was_sent(self) -> None:
        one = keeper()
        one.take("ctl1", [A], 100.0)
        self.assertTrue(one.renew(100.0, 3.0, 102.0))
        self.assertEqual(103.0, one.next_at(102.0))
        self.assertEqual(frozenset(), one.to_stop(102.99))
        self.assertEqual({A}, one.to_stop(103.0))
        self.assertIsNone(one.next_at(103.0))

    def test_a_grant_that_comes_late_shortens_nothing(self) -> None:
        one = keeper()
        one.renew(101.0, 3.0, 101.1)
        one.renew(100.0, 3.0, 101.2)
        self.assertTrue(one.holds(103.9))

    def test_a_grant_that_is_over_renews_nothing(self) -> None:
        one = keeper(kept(A))
        self.assertFalse(one.renew(90.0, 3.0, 102.0))
        self.assertEqual({A}, one.to_stop(102.0))

    def test_a_heartbeat_was_not_sent_in_the_future(self) -> None:
        one = keeper()
        one.renew(1e6, 3.0, 100.0)
        self.assertFalse(one.holds(103.0))

    def test_a_list_is_in_force_at_once_under_a_lease(self) -> None:
        one = keeper()
        one.renew(100.0, 3.0, 100.0)
        self.assertTrue(one.take("ctl1", [A], 100.0))
        self.assertFalse(one.take("ctl1", [A], 100.0))
        self.assertEqual(messages.digest_of([A]), one.duty.digest("ctl1"))
        self.assertEqual({A}, one.to_stop(103.0))

    def test_lists_of_engines_add_up(self) -> None:
        one = keeper()
        one.renew(100.0, 3.0, 100.0)
        one.take("ctl1", [A], 100.0)
        one.take("ctl2", [B], 100.0)
        one.take("ctl1", [C], 100.0)
        self.assertEqual({B, C}, one.to_stop(103.0))

    def test_without_a_lease_a_list_takes_nothing_back(self) -> None:
        one = keeper(kept(A))
        self.assertTrue(one.take("ctl1", [B], 105.0))
        self.assertEqual({A}, one.to_stop(105.0))
        self.assertEqual("", one.duty.digest("ctl1"))
        self.assertTrue(one.renew(105.0, 3.0, 105.1))
        self.assertEqual({B}, one.to_stop(108.0))

    def test_a_new_life_waits_for_the_engines_for_a_moment(self) -> None:
        one = keeper(kept(A))
        self.assertEqual(frozenset(), one.to_stop(100.9))
        self.assertEqual(101.0, one.next_at(100.0))
        self.assertEqual({A}, one.to_stop(101.0))

    def test_a_new_life_keeps_the_lease_of_the_last(self) -> None:
        one = keeper(kept(A), until=100.5)
        self.assertTrue(one.holds(100.4))
        self.assertEqual({A}, one.to_stop(100.5))

    def test_no_pet_while_somebody_runs_who_must_not(self) -> None:
        one = keeper(kept(A), until=101.0)
        self.assertTrue(one.may_pet(frozenset({A}), 100.9))
        self.assertFalse(one.may_pet(frozenset({A}), 101.0))
        self.assertTrue(one.may_pet(frozenset({B}), 101.0))

    def test_no_pet_in_the_moment_of_grace(self) -> None:
        self.assertFalse(keeper(kept(A)).may_pet(frozenset({A}), 100.1))


@dataclasses.dataclass(frozen=True)
class Beat:
    """A heartbeat and its answer, in seconds of the real time.

    :ivar pause: since the one before.
    :ivar there: until it is heard.
    :ivar back: until the answer is heard.
    """

    pause: float
    there: float
    back: float


#: How fast a clock goes, compared with the real time.
RATES = st.floats(1 / (1 + TERMS.drift), 1 + TERMS.drift)
BEATS = st.lists(
    st.builds(
        Beat,
        st.floats(0.01, 2.0),
        st.floats(0.0, 4.0),
        st.floats(0.0, 4.0),
    ),
    min_size=1,
    max_size=12,
)


class SafetyTest(base.TestCase):
    """Nobody is promoted before the exclusive guests are stopped."""

    @hypothesis.given(
        BEATS,
        st.floats(0.0, 8.0),
        st.floats(0.0, 1.0),
        RATES,
        RATES,
        st.floats(0.0, 10.0),
    )
    def test_no_promotion_before_the_stop(
        self,
        beats: list[Beat],
        withdrawn: float,
        age: float,
        slow: float,
        fast: float,
        restart: float,
    ) -> None:
        """Times are real; ``slow`` is the agent's clock, ``fast`` ours.

        The engine grants for as long as what it read before the withdrawal
        counts as fresh; the agent is restarted at a moment of its own.
        """
        last_grant = withdrawn + TERMS.fresh * (1 - age) / fast
        promoted = withdrawn + TERMS.wait(None) / fast
        arrivals = []
        sent = 0.0
        for beat in beats:
            sent += beat.pause
            if sent + beat.there < last_grant:
                arrivals.append((sent + beat.there + beat.back, sent))
        one = keeper(kept(A), now=0.0)
        restarted = False
        for at, beat_sent in sorted(arrivals):
            if at >= restart and not restarted:
                one = keeper(one.duty, one.until, restart * slow)
                restarted = True
            one.renew(beat_sent * slow, TERMS.lease, at * slow)
        latest = promoted - TERMS.stop
        self.assertFalse(one.holds(latest * slow))
        if not (restarted and restart + lease.GRACE / slow > latest):
            self.assertEqual({A}, one.to_stop(latest * slow))
