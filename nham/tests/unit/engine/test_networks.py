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

"""Tests of which network a member is probed over, and which are lost."""

from __future__ import annotations

import dataclasses

from nham.adapters.vim import base as vim
from nham.core import descriptor
from nham.core import facts
from nham.core import member_facts
from nham.engine import networks
from nham.tests import base as tests
from nham.tests.unit.engine import base

Health = facts.Health


def member(
    host: str, network: str | None = "net", health: Health = Health.DEAD
) -> member_facts.MemberFacts:
    """Return a member whose probes all say the same."""
    return member_facts.MemberFacts(
        group_id=f"{host}/{network}",
        vnf_id="v",
        vnfc="VDU1-0",
        server_id="s",
        host=host,
        policy=base.POLICY,
        app=health,
        icmp=health,
        network=network,
    )


class TestProbed(tests.TestCase):
    """The network that a member is asked over."""

    server = vim.Server(
        id="s",
        name="s",
        status="ACTIVE",
        host="one",
        addresses=(
            vim.Address(network="data", ip="10.0.0.5"),
            vim.Address(network="oam", ip="10.1.0.5"),
        ),
    )

    def asked(self, network: str | None) -> str | None:
        """Return the network for a probe that names this one."""
        probe = descriptor.ProbeSpec(type="http", port=80, network=network)
        policy = dataclasses.replace(base.POLICY, probes=(probe,))
        return networks.probed(policy, self.server)

    def test_first_or_named(self) -> None:
        self.assertEqual("data", self.asked(None))
        self.assertEqual("oam", self.asked("oam"))

    def test_nobody_is_asked(self) -> None:
        self.assertIsNone(self.asked("elsewhere"))
        self.assertIsNone(networks.probed(base.POLICY, None))
        silent = dataclasses.replace(base.POLICY, probes=())
        self.assertIsNone(networks.probed(silent, self.server))


class TestLost(tests.TestCase):
    """Networks of which every watched member went silent."""

    def test_silent_on_several_hosts(self) -> None:
        members = [member("one"), member("two"), member("two")]
        self.assertEqual(frozenset({"net"}), networks.lost(members))

    def test_two_may_well_have_died(self) -> None:
        found = networks.lost([member("one"), member("two")])
        self.assertEqual(frozenset(), found)

    def test_one_host_proves_nothing(self) -> None:
        found = networks.lost([member("one")] * 3)
        self.assertEqual(frozenset(), found)

    def test_one_answer_is_enough(self) -> None:
        third = member("three", health=Health.OK)
        members = [member("one"), member("two"), third]
        self.assertEqual(frozenset(), networks.lost(members))

    def test_who_is_late_may_be_next(self) -> None:
        late = [member("two", health=Health.SLOW)] * 2
        found = networks.lost([member("one"), *late])
        self.assertEqual(frozenset({"net"}), found)
        found = networks.lost([*late, member("three", None)])
        self.assertEqual(frozenset(), found)

    def test_who_died_says_nothing_of_the_network(self) -> None:
        two = [member("one"), member("two")]
        died = dataclasses.replace(member("three"), qemu_died=True)
        self.assertEqual(frozenset(), networks.lost([*two, died]))

    def test_networks_are_judged_apart(self) -> None:
        members = [
            member("one", "a"),
            member("two", "a"),
            member("three", "a"),
            member("one", "b"),
            member("one", "b"),
            member("two", "b", Health.OK),
        ]
        self.assertEqual(frozenset({"a"}), networks.lost(members))

    def test_who_is_not_watched_says_nothing(self) -> None:
        unknown = member("two", health=Health.UNKNOWN)
        two = [member("one"), member("two")]
        found = networks.lost([*two, unknown])
        self.assertEqual(frozenset(), found)
        members = [*two, member("three"), unknown]
        self.assertEqual(frozenset({"net"}), networks.lost(members))
        nowhere = [member(f"host{n}", None) for n in range(3)]
        self.assertEqual(frozenset(), networks.lost(nowhere))
