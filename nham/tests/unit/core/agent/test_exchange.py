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

"""The engine's side of the talk with the agents."""

from __future__ import annotations

from typing import Any

from nham.core.agent import exchange
from nham.core.agent import messages
from nham.core.agent import refusals
from nham.core.agent import terms
from nham.core.detection import tracker
from nham.tests import base
from nham.tests.unit.core.agent import samples

Health = tracker.Health
Happening = messages.Happening
GuestState = messages.GuestState


class ExchangeTest(base.TestCase):
    def setUp(self) -> None:
        super().setUp()
        self.exchange = self.engine()
        self.sequence = 0
        self.nonce = ""

    def engine(self) -> exchange.Exchange:
        made = exchange.Exchange(
            "ctl1", "life", b"secret", terms.Terms(answer=0.0)
        )
        made.set_hosts(frozenset({"cmp1"}))
        return made

    def say(
        self, make: Any = samples.heartbeat, at: float = 0.0, **fields: Any
    ) -> list[messages.FromEngine]:
        self.sequence += 1
        said = make(sequence=self.sequence, nonce=self.nonce, **fields)
        answers = self.exchange.hear(said, at)
        for one in answers:
            if isinstance(one, messages.Ack):
                self.nonce = one.nonce
        return answers

    def ack(self, at: float = 0.0, **fields: Any) -> messages.Ack:
        found = self.say(at=at, **fields)[0]
        assert isinstance(found, messages.Ack)
        return found

    def order(self) -> None:
        self.exchange.order("cmp1", "c", messages.Action.STOP_ALL, 5.0)

    def greet(self) -> None:
        self.say(), self.say()

    def test_a_new_life_gets_a_nonce_and_nothing_else(self) -> None:
        self.exchange.set_exclusive({"cmp1": frozenset({"s"})})
        self.exchange.set_leases(frozenset(), 0.0)
        self.order()
        (answer,) = self.say()
        assert isinstance(answer, messages.Ack)
        self.assertIsNone(answer.lease)
        self.assertTrue(answer.nonce)
        found = self.exchange.judge("cmp1", 0.0, 0.0)
        self.assertIs(Health.UNKNOWN, found and found.health)

    def test_each_answer_has_its_own_number_and_echoes(self) -> None:
        first, second = self.ack(), self.ack()
        self.assertLess(first.sequence, second.sequence)
        self.assertEqual((1, 2), (first.echo, second.echo))

    def test_not_each_heartbeat_is_answered(self) -> None:
        self.exchange.terms = terms.Terms(answer=0.3)
        self.greet()
        digest = messages.digest_of(())
        self.say(samples.guests, digest=digest, table=())
        counts = [
            len(self.say(at=1.0 + 0.1 * number, digest=digest))
            for number in range(7)
        ]
        self.assertEqual([1, 0, 0, 1, 0, 0, 1], counts)
        # What it has to ask or to order does not wait.
        self.assertEqual(1, len(self.say(at=1.61, digest="another")))

    def test_a_table_that_it_lacks_is_asked_for(self) -> None:
        self.say()
        rows = (("s", GuestState.RUNNING),)
        digest = messages.digest_of(rows)
        asked = frozenset({messages.Ask.GUESTS})
        self.assertEqual(asked, self.ack(digest=digest).asks)
        self.assertIsNone(self.exchange.running("cmp1"))
        self.say(samples.guests, digest=digest, table=rows)
        self.assertEqual(frozenset(), self.ack(digest=digest).asks)
        self.assertEqual({"s"}, self.exchange.running("cmp1"))
        running = {"cmp1": GuestState.RUNNING}
        self.assertEqual(running, self.exchange.told("s"))
        self.assertEqual({}, self.exchange.told("another"))

    def test_who_runs_a_server(self) -> None:
        self.assertEqual([], self.exchange.hosts_of("s"))
        self.greet()
        self.say(samples.guests, table=(("s", GuestState.RUNNING),))
        (found,) = self.exchange.hosts_of("s")
        self.assertEqual("cmp1", found.host)
        self.assertEqual([], self.exchange.hosts_of("t"))
        # One that is paused may be on its way here.
        for state in (GuestState.PAUSED, GuestState.CRASHED):
            self.say(samples.guests, digest=state, table=(("s", state),))
            self.assertEqual([], self.exchange.hosts_of("s"))

    def test_a_death_is_news_once(self) -> None:
        self.greet()
        before = self.exchange.news
        self.say(samples.event, at=5.0, server_id="s", ago=1.0)
        self.assertEqual({"cmp1": {"s": 4.0}}, self.exchange.deaths())
        self.assertEqual(before + 1, self.exchange.news)
        # What was not acknowledged comes again, and is acknowledged.
        self.assertTrue(self.say(samples.event, server_id="s"))
        self.assertEqual(before + 1, self.exchange.news)

    def test_what_an_earlier_life_has_said_is_forgotten(self) -> None:
        self.greet()
        self.say(samples.event, server_id="s")
        self.say(boot="other"), self.say(boot="other")
        self.assertEqual({}, self.exchange.deaths())

    def test_a_lease_is_granted_on_fresh_knowledge_only(self) -> None:
        self.greet()
        self.assertIsNone(self.ack(at=100.0).lease)
        self.exchange.set_leases(frozenset(), 100.0)
        self.assertEqual(10.0, self.ack(at=100.9).lease)
        self.assertIsNone(self.ack(at=101.0).lease)
        self.exchange.set_leases(frozenset({"cmp1"}), 102.0)
        self.assertIsNone(self.ack(at=102.0).lease)

    def test_only_a_heartbeat_renews(self) -> None:
        self.greet()
        self.exchange.set_leases(frozenset(), 0.0)
        (answer,) = self.say(samples.event)
        assert isinstance(answer, messages.Ack)
        self.assertIsNone(answer.lease)

    def test_the_duty_is_what_the_agent_says_it_holds(self) -> None:
        self.greet()
        wanted = frozenset(str(n) for n in range(messages.PART + 1))
        self.exchange.set_exclusive({"cmp1": wanted})
        self.assertEqual(1, len(self.say()), "without a lease, no new duty")
        self.exchange.set_leases(frozenset(), 0.0)
        lists = [
            one for one in self.say() if isinstance(one, messages.Exclusive)
        ]
        self.assertEqual(wanted, {s for one in lists for s in one.servers})
        self.assertIsNone(self.exchange.duty("cmp1"))
        self.say(exclusive=lists[0].digest, watchdog=5.0)
        duty = exchange.Duty(held=wanted, watchdog=5.0)
        self.assertEqual(duty, self.exchange.duty("cmp1"))
        # It holds what it took, though we want another list by now.
        self.exchange.set_exclusive({"cmp1": frozenset({"0"})})
        said = self.say(exclusive=lists[0].digest, watchdog=5.0)
        self.assertEqual(duty, self.exchange.duty("cmp1"))
        self.assertEqual(2, len(said))
        self.say(exclusive="of somebody else")
        self.assertIsNone(self.exchange.duty("cmp1"))

    def test_an_order_is_repeated_until_it_is_answered(self) -> None:
        self.greet()
        self.order()
        for _ in range(2):
            _ack, order = self.say()
            assert isinstance(order, messages.Command)
            self.assertEqual("c", order.command_id)
        parts: dict[str, Any] = {"command_id": "c", "ok": True, "parts": 2}
        self.say(samples.result, part=1, gone=("b",), **parts)
        self.assertIsNone(self.exchange.answer("cmp1", "c"))
        self.say(samples.result, part=0, gone=("a",), **parts)
        found = self.exchange.answer("cmp1", "c")
        self.assertEqual({"a", "b"}, found and found.gone)
        self.assertEqual(1, len(self.say()))
        self.exchange.forget("cmp1", "c")
        self.assertIsNone(self.exchange.answer("cmp1", "c"))

    def test_an_order_is_not_given_when_nobody_wants_it_any_more(self) -> None:
        self.greet()
        self.order()
        self.assertEqual(2, len(self.say(at=5.0)))
        self.assertEqual(1, len(self.say(at=5.1)))

    def test_an_order_is_for_one_life_of_the_agent(self) -> None:
        self.greet()
        self.order()
        self.say(boot="other")
        self.assertEqual(1, len(self.say(boot="other")))

    def test_an_answer_to_nothing_is_not_kept(self) -> None:
        self.greet()
        self.say(samples.result, command_id="who?")
        self.assertIsNone(self.exchange.answer("cmp1", "who?"))

    def test_an_engine_is_not_told_what_engines_say(self) -> None:
        self.assertRaises(
            refusals.Refused, self.exchange.hear, samples.ack(), 0.0
        )

    def test_a_host_that_is_gone_is_forgotten(self) -> None:
        self.greet()
        self.exchange.set_hosts(frozenset())
        self.assertIsNone(self.exchange.judge("cmp1", 0.0, 0.0))
        self.assertRaises(refusals.Refused, self.say)
        self.assertRaises(
            LookupError,
            self.exchange.order,
            "cmp1",
            "c",
            messages.Action.STOP_ALL,
            5.0,
        )


class TermsTest(base.TestCase):
    def test_waits_for_all_that_may_come_last(self) -> None:
        own = terms.Terms(lease=10.0, drift=0.01, stop=5.0)
        longest = 1.0 + 10.0 / 0.99 + 5.0 + 30.0
        self.assertAlmostEqual(longest * 1.01, own.wait(30))
        self.assertLess(own.wait(None), own.wait(1.0))
