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

"""A VNF that another healer has a claim to is not protected."""

from __future__ import annotations

from nham.core import states
from nham.engine import cloud
from nham.engine import discover
from nham.simulate import lab
from nham.tests.unit.engine import base

HA = (("HA_Enabled", "True"),)


class OwnersTest(base.EngineCase):
    """A VNF in Tacker that NHAM has not seen yet."""

    def setUp(self) -> None:
        super().setUp()
        self.instance = self.add_instance()
        self.server = self.world.nova.servers[
            self.world.server_id(self.instance, "VDU1-0")
        ]

    def discoverer(self, *tolerated: str) -> discover.Discoverer:
        """Return one that has just read all servers."""
        view = cloud.CloudView(self.vim, self.clock)
        view.poll()
        return discover.Discoverer(
            self.context,
            view,
            self.journal,
            lab.read_policy,
            frozenset(tolerated),
        )

    def discover(self, *tolerated: str) -> tuple[states.VnfState, str]:
        """Let NHAM look; return the VNF's state and reason."""
        self.discoverer(*tolerated).run(base.SHARD)
        [vnf] = self.store.vnfs()
        return vnf.state, vnf.reason

    def test_it_is_held_until_the_claim_is_gone(self) -> None:
        self.server.metadata = HA
        state, reason = self.discover()
        self.assertIs(states.VnfState.UNPROTECTED, state)
        self.assertIn("masakari heals server", reason)
        self.assertEqual([], list(self.store.groups()))
        self.server.metadata = ()
        self.assertEqual((states.VnfState.PROTECTED, ""), self.discover())
        self.assertEqual(1, len(self.store.groups()))

    def test_a_claim_that_comes_later(self) -> None:
        self.assertIs(states.VnfState.PROTECTED, self.discover()[0])
        self.world.tacker.get(self.instance).autoheal = True
        state, reason = self.discover()
        self.assertIs(states.VnfState.UNPROTECTED, state)
        self.assertIn("tacker heals server", reason)

    def test_what_was_read_already_is_not_asked_for(self) -> None:
        before = self.calls("server")
        self.assertIs(states.VnfState.PROTECTED, self.discover()[0])
        self.assertEqual(before, self.calls("server"))

    def test_what_is_tolerated(self) -> None:
        self.server.metadata = HA
        self.assertIs(states.VnfState.PROTECTED, self.discover("masakari")[0])

    def test_a_descriptor_does_not_help(self) -> None:
        self.assertIs(states.VnfState.PROTECTED, self.discover()[0])
        self.server.metadata = HA
        [vnf] = self.store.vnfs()
        discoverer = self.discoverer()
        refused = self.assertRaises(
            ValueError, discoverer.protect, vnf.id, None
        )
        self.assertIn("servers: masakari heals server", str(refused))

    def test_one_that_is_registered_by_hand(self) -> None:
        self.server.metadata = (("metering.stack", "x"),)
        discoverer = self.discoverer()
        vnfd = lab.policy_bytes({"VDU1": base.POLICY.to_dict()})
        refused = self.assertRaises(
            ValueError,
            discoverer.register,
            "web",
            "p",
            vnfd,
            {"VDU1": [self.server.id]},
        )
        self.assertIn("servers: heat heals server", str(refused))
        self.assertEqual([], list(self.store.vnfs()))
