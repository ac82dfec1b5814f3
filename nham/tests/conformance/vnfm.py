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

"""What every VNFM driver must do."""

from __future__ import annotations

import abc

from nham.adapters import errors
from nham.adapters.vnfm import base as vnfm_base
from nham.tests.conformance import base

NOBODY = "00000000-0000-4000-8000-000000000000"


class VnfmSuite(base.Suite):
    """A VNFM with one instantiated VNF, whose first VNFC is image-backed.

    No operation of it runs before a test.
    """

    vnfm: vnfm_base.Vnfm
    instance_id: str

    @abc.abstractmethod
    def callback(self) -> str:
        """Return an address that answers the VNFM's test of it."""

    @abc.abstractmethod
    def subscriptions(self, callback: str) -> int:
        """Return how many subscriptions there are for an address."""

    @abc.abstractmethod
    def image(self) -> str:
        """Return an image from which the first VNFC can boot."""

    def test_instance(self) -> None:
        vnf = self.vnfm.vnf(self.instance_id)
        self.assertEqual(self.instance_id, vnf.id)
        self.assertTrue(vnf.name)
        self.assertTrue(vnf.project_id)
        self.assertTrue(vnf.instantiated)
        first = vnf.vnfcs[0]
        self.assertEqual("VDU1-0", first.name)
        self.assertTrue(first.server_id)
        known = {one.id: one for one in self.vnfm.vnfs()}
        self.assertEqual(vnf, known[self.instance_id])

    def test_unknown_things_are_not_found(self) -> None:
        for ask in (
            self.vnfm.vnf,
            self.vnfm.vnfd,
            self.vnfm.fail_operation,
            self.vnfm.retry_operation,
        ):
            self.assertRaises(errors.NotFound, ask, NOBODY)

    def test_vnfd_is_an_archive(self) -> None:
        vnfd_id = self.vnfm.vnf(self.instance_id).vnfd_id
        self.assertEqual(b"PK", self.vnfm.vnfd(vnfd_id)[:2])

    def test_first_operation_made_it(self) -> None:
        first = self.vnfm.operations(self.instance_id)[-1]
        self.assertEqual("INSTANTIATE", first.kind)
        self.assertEqual("COMPLETED", first.state)
        self.assertFalse(first.running or first.stuck)
        self.assertEqual(self.instance_id, first.instance_id)
        self.assertLessEqual(first.at, first.since)
        self.assertLess(first.since, self.now() + 1)
        self.assertEqual("", first.error)
        stuck = [one.id for one in self.vnfm.stuck_operations()]
        self.assertNotIn(first.id, stuck)
        for end in (self.vnfm.fail_operation, self.vnfm.retry_operation):
            self.assertRaises(errors.Conflict, end, first.id)

    def test_subscribe_twice_is_once(self) -> None:
        callback = self.callback()
        for _time in range(2):
            self.vnfm.subscribe(callback, "nham", "secret")
        self.assertEqual(1, self.subscriptions(callback))

    def test_heal_with_an_image(self) -> None:
        before = self.vnfm.vnf(self.instance_id).vnfcs[0]
        operation_id = self.vnfm.heal(self.instance_id, before, self.image())
        running = self.vnfm.operations(self.instance_id)[0]
        self.assertEqual(operation_id, running.id)
        self.assertEqual("HEAL", running.kind)
        self.assertTrue(running.running)
        self.assertRaises(
            errors.Conflict, self.vnfm.heal, self.instance_id, before, None
        )

        def ended() -> vnfm_base.Operation | None:
            newest = self.vnfm.operations(self.instance_id)[0]
            return None if newest.running else newest

        self.assertEqual("COMPLETED", self.until("heal ends", ended).state)
        after = self.vnfm.vnf(self.instance_id).vnfcs[0]
        self.assertEqual(before.name, after.name)
        self.assertNotEqual(before.server_id, after.server_id)
