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

"""Tests of VNFs that an operator registers or protects."""

from __future__ import annotations

import dataclasses

from nham.adapters import errors
from nham.core import model
from nham.core import states
from nham.db import errors as db_errors
from nham.descriptor import errors as descriptor_errors
from nham.simulate import lab
from nham.tests.unit.engine import base
from nham.tests.unit.engine import test_discover

VNFD = lab.policy_bytes({"VDU1": base.POLICY.to_dict()})


class TestRegister(test_discover.DiscoverCase):
    """A VNF that no VNFM knows: two servers."""

    def setUp(self) -> None:
        super().setUp()
        image_id = self.world.add_image()
        self.ids = [
            self.world.add_server("s", host, image_id)
            for host in ("one", "two")
        ]

    def register(
        self, vdu: str = "VDU1", vnfd: bytes = VNFD, *more: str
    ) -> model.Vnf:
        """Register both servers, and more."""
        return self.discoverer.register(
            "mine", "project-a", vnfd, {vdu: [*self.ids, *more]}
        )

    def test_is_protected(self) -> None:
        vnf = self.register()
        self.assertEqual(vnf, self.store.vnf(vnf.id))
        self.assertEqual(
            ("mine", "manual", "project-a", None, "protected"),
            (
                vnf.name,
                vnf.source,
                vnf.project_id,
                vnf.instance_id,
                vnf.state.value,
            ),
        )
        wanted = dict(zip(("VDU1-0", "VDU1-1"), self.ids, strict=True))
        self.assertEqual(wanted, self.servers())
        self.assertEqual(2, len(self.fleet))

    def test_stays_when_the_vnfm_is_asked(self) -> None:
        vnf = self.register()
        self.run_in(30.0)
        self.assertEqual([vnf], self.store.vnfs())

    def test_nothing_is_left_of_what_is_refused(self) -> None:
        refusal = self.assertRaises(ValueError, self.register, "VDU9")
        self.assertEqual("servers: no VDU VDU9 in descriptor", str(refusal))
        self.assertRaises(
            descriptor_errors.DescriptorError,
            self.register,
            "VDU1",
            test_discover.BROKEN,
        )
        self.assertRaises(
            errors.NotFound, self.register, "VDU1", VNFD, "nobody"
        )
        self.assertEqual([], self.store.vnfs())
        self.assertEqual([], self.store.groups())

    def test_unregister(self) -> None:
        vnf = self.register()
        group = self.store.groups()[0]
        self.add_checkpoint(group_id=group.id)
        self.discoverer.unregister(vnf.id)
        self.assertEqual([], self.store.vnfs())
        self.assertEqual([], self.store.groups())
        [checkpoint] = self.store.checkpoints()
        self.assertIs(states.CheckpointState.DELETING, checkpoint.state)


class TestProtect(test_discover.DiscoverCase):
    """A VNF whose VNFD has no policy."""

    def setUp(self) -> None:
        super().setUp()
        self.instance = self.add_instance()
        self.set_vnfd(self.instance, lab.policy_bytes({}))
        self.run_in()
        self.vnf = self.known(self.instance)

    def test_by_a_descriptor_given_now(self) -> None:
        found = self.discoverer.protect(self.vnf.id, VNFD)
        self.assertEqual(found, self.store.vnf(self.vnf.id))
        self.assertEqual((base.POLICY,), found.policies)
        self.assertEqual(("protected", ""), self.vnf_state(self.vnf.id))
        self.run_in(30.0)
        self.assertEqual(["VDU1-0"], list(self.servers()))

    def test_by_its_own_one_which_is_read_again(self) -> None:
        self.set_vnfd(self.instance, VNFD)
        found = self.discoverer.protect(self.vnf.id, None)
        self.assertEqual((base.POLICY,), found.policies)

    def test_refusals(self) -> None:
        for vnfd, wanted in (
            (None, ValueError),
            (lab.policy_bytes({}), ValueError),
            (test_discover.BROKEN, descriptor_errors.DescriptorError),
        ):
            with self.subTest(vnfd=vnfd):
                self.assertRaises(
                    wanted, self.discoverer.protect, self.vnf.id, vnfd
                )
                self.assertEqual(self.vnf, self.store.vnf(self.vnf.id))

    def test_unknown_vnf(self) -> None:
        self.assertRaises(
            db_errors.NotFound, self.discoverer.protect, "x", VNFD
        )

    def test_vnfm_is_down(self) -> None:
        self.world.api_down("tacker", 60.0)
        self.assertRaises(
            errors.Unavailable, self.discoverer.protect, self.vnf.id, None
        )

    def test_vnf_without_a_vnfm_needs_a_descriptor(self) -> None:
        server_id = self.world.add_server("s", "one", self.world.add_image())
        vnf = self.discoverer.register(
            "mine", "project-a", VNFD, {"VDU1": [server_id]}
        )
        refusal = self.assertRaises(
            ValueError, self.discoverer.protect, vnf.id, None
        )
        self.assertIn("has no VNFM", str(refusal))

    def test_vnfm_that_is_not_configured_any_more(self) -> None:
        vnf = dataclasses.replace(self.vnf, source="other")
        self.store.save_vnf(vnf)
        self.assertRaises(ValueError, self.discoverer.protect, vnf.id, None)
