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

"""Which agent takes commands for a guest."""

from __future__ import annotations

from typing import Any

from nham.adapters import errors
from nham.adapters.agents import base as agents_base
from nham.adapters.agents import none
from nham.adapters.agents import post
from nham.core.agent import exchange
from nham.core.agent import terms
from nham.core.agent import wire
from nham.tests import base
from nham.tests.unit.core.agent import samples


class StillPost(post.Post):
    """One that hears all at the moment that the test says."""

    now = 0.0

    def until(self) -> float:
        """See base class."""
        return self.now

    def lag(self) -> float:
        """See base class."""
        return 0.0

    def close(self) -> None:
        """See base class."""


class DoorTest(base.TestCase):
    """``Post.door``."""

    def setUp(self) -> None:
        super().setUp()
        talk = exchange.Exchange("ctl1", "life", b"secret", terms.Terms())
        talk.set_hosts(frozenset({"cmp1", "cmp2"}))
        self.post = StillPost(talk, samples.RING, lambda: None)
        self.sequence = 0

    def say(self, host: str, make: Any, nonce: str, **fields: Any) -> str:
        """Say something as a host's agent; return what it is to echo."""
        self.sequence += 1
        said = make(host=host, sequence=self.sequence, nonce=nonce, **fields)
        answers = self.post.take(
            wire.encode(said, samples.RING), self.post.now
        )
        for answer in answers or ():
            heard = wire.decode(answer, samples.RING)
            nonce = getattr(heard, "nonce", nonce)
        return nonce

    def host(self, host: str, **fields: Any) -> None:
        """Have a host be heard that runs the server."""
        nonce = self.say(host, samples.heartbeat, "", **fields)
        for number in range(5):
            self.post.now += 0.1 * (number > 0)
            self.say(host, samples.heartbeat, nonce, **fields)
        self.say(host, samples.guests, nonce)

    def test_the_agent_that_runs_it(self) -> None:
        self.host("cmp1", door="10.0.0.1:9897")
        self.assertEqual(
            agents_base.Door(
                host="cmp1",
                where="10.0.0.1:9897",
                boot="b" * 36,
                ring=samples.RING,
            ),
            self.post.door(samples.SERVER),
        )

    def test_the_secret_is_not_shown(self) -> None:
        self.host("cmp1", door="10.0.0.1:9897")
        self.assertNotIn("1111", repr(self.post.door(samples.SERVER)))

    def test_nobody_runs_it(self) -> None:
        self.host("cmp1", door="10.0.0.1:9897")
        error = self.assertRaises(
            errors.Unavailable, self.post.door, "stranger"
        )
        self.assertIn("server stranger", str(error))

    def test_one_that_is_silent_is_not_asked(self) -> None:
        self.host("cmp1", door="10.0.0.1:9897")
        self.post.now += 1000.0
        self.assertRaises(errors.Unavailable, self.post.door, samples.SERVER)

    def test_one_that_was_left_behind(self) -> None:
        self.host("cmp1", door="10.0.0.1:9897")
        self.host("cmp2", door="10.0.0.2:9897")
        error = self.assertRaises(
            errors.Unavailable, self.post.door, samples.SERVER
        )
        self.assertIn("2 agents that are heard", str(error))
        # It was evacuated, and the first host is lost.
        self.post.now += 1000.0
        self.host("cmp2", door="10.0.0.2:9897")
        self.assertEqual("cmp2", self.post.door(samples.SERVER).host)

    def test_an_agent_without_a_door(self) -> None:
        self.host("cmp1")
        error = self.assertRaises(
            errors.Refused, self.post.door, samples.SERVER
        )
        self.assertIn("[agent_host] door is not set there", str(error))

    def test_no_agents(self) -> None:
        error = self.assertRaises(errors.Refused, none.NoAgents().door, "s")
        self.assertIn("[agent] bind_port is 0", str(error))
