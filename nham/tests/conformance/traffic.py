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


"""What every driver that spreads a service must do."""

from __future__ import annotations

import abc
from collections.abc import Callable
import uuid

from nham.adapters import errors
from nham.adapters.traffic import base as traffic_base
from nham.tests.conformance import base

NOWHERE = "00000000-0000-4000-8000-000000000000"


class TrafficSuite(base.Suite):
    """An empty pool, and two servers of one network that can be in it.

    :ivar pool: the pool's name, which no other one in the project has.
    :ivar port: where the application of both servers listens.
    :ivar addresses: one of each server, in the order of the text.
    :ivar strange: the id of a pool of another driver's.
    :ivar suffix: what stands behind the name of a pool that ``add_pool``
        made when it is looked for.
    """

    spreader: traffic_base.Spreader
    pool: str
    project_id: str
    network_id: str
    port: int
    addresses: tuple[str, str]
    strange: str
    suffix = ""

    @abc.abstractmethod
    def answers(self) -> bool:
        """Say whether a new client gets an answer at the pool's address."""

    @abc.abstractmethod
    def add_pool(self, name: str) -> None:
        """Make another pool in the project; it goes with the test."""

    @property
    def pool_id(self) -> str:
        """The pool under test."""
        return self.spreader.find(self.pool, self.project_id)

    def ask(self, call: Callable[[], None]) -> None:
        """Ask for a change until the balancer takes it."""

        def look() -> bool:
            try:
                call()
            except errors.Conflict:
                return False
            return True

        self.until("the balancer takes the change", look)

    def admit(self, address: str) -> None:
        """Ask for an address to take part; the test removes it."""
        self.addCleanup(self.forget, address)
        self.ask(
            lambda: self.spreader.admit(
                self.pool_id, address, self.port, self.network_id
            )
        )

    def withdraw(self, address: str) -> None:
        """Ask for an address to get no new flows."""
        self.ask(lambda: self.spreader.withdraw(self.pool_id, address))

    def forget(self, address: str) -> None:
        """Ask for an address to be removed, and wait until it is."""
        self.ask(lambda: self.spreader.forget(self.pool_id, address))
        self.targets()

    def targets(self) -> dict[str, bool]:
        """Return what the pool has once its last change holds."""
        found: list[tuple[traffic_base.Target, ...]] = []

        def look() -> None:
            found.append(self.spreader.targets(self.pool_id))

        self.ask(look)
        addresses = [one.address for one in found[0]]
        self.assertEqual(sorted(set(addresses)), addresses)
        return {one.address: one.enabled for one in found[0]}

    def unchanged(self, call: Callable[[], None]) -> None:
        """Check that a call changes nothing, and asks for no change."""
        before = self.targets()
        call()
        # A balancer in the middle of a change would not tell.
        found = self.spreader.targets(self.pool_id)
        self.assertEqual(before, {one.address: one.enabled for one in found})

    # -- pools

    def test_has_a_name(self) -> None:
        self.assertTrue(self.spreader.name)

    def test_knows_its_own_pools(self) -> None:
        self.assertTrue(self.spreader.knows(self.pool_id))
        self.assertFalse(self.spreader.knows(self.strange))

    def test_found_by_name_and_by_id(self) -> None:
        self.assertNotEqual(self.pool, self.pool_id)
        self.assertEqual(
            self.pool_id, self.spreader.find(self.pool_id, self.project_id)
        )

    def test_only_the_pools_of_its_project(self) -> None:
        for pool in (self.pool, self.pool_id):
            self.assertRaises(
                errors.NotFound, self.spreader.find, pool, NOWHERE
            )

    def test_what_is_not_found_is_named(self) -> None:
        name = f"nham-conformance-{uuid.uuid4()}"
        failure = self.assertRaises(
            errors.NotFound,
            self.spreader.find,
            name + self.suffix,
            self.project_id,
        )
        self.assertIn(name, str(failure))

    def test_two_of_one_name(self) -> None:
        name = f"nham-conformance-{uuid.uuid4()}"
        for _pool in range(2):
            self.add_pool(name)
        failure = self.assertRaises(
            errors.Refused,
            self.spreader.find,
            name + self.suffix,
            self.project_id,
        )
        self.assertIn(name, str(failure))

    def test_unknown_pool(self) -> None:
        spreader, address = self.spreader, self.addresses[0]
        for pool_id in (NOWHERE, NOWHERE + self.suffix):
            self.assertRaises(errors.NotFound, spreader.targets, pool_id)
            self.assertRaises(
                errors.NotFound, spreader.withdraw, pool_id, address
            )
            self.assertRaises(
                errors.NotFound,
                spreader.admit,
                pool_id,
                address,
                self.port,
                self.network_id,
            )
            spreader.forget(pool_id, address)

    # -- targets

    def test_takes_part_until_it_is_withdrawn(self) -> None:
        address = self.addresses[0]
        self.assertEqual({}, self.targets())
        self.assertFalse(self.answers())
        for _again in range(2):
            self.admit(address)
            self.assertEqual({address: True}, self.targets())
            self.until("an answer", self.answers)
            self.withdraw(address)
            # It may be a target still, which gets nothing.
            self.assertFalse(self.targets().get(address))
            self.until("silence", lambda: not self.answers())
        self.admit(address)
        self.until("an answer", self.answers)
        self.forget(address)
        self.assertEqual({}, self.targets())
        self.until("silence", lambda: not self.answers())

    def test_what_is_true_is_not_asked_for(self) -> None:
        spreader, pool_id = self.spreader, self.pool_id
        address = self.addresses[0]
        self.unchanged(lambda: spreader.withdraw(pool_id, address))
        self.unchanged(lambda: spreader.forget(pool_id, address))
        self.admit(address)
        self.unchanged(
            lambda: spreader.admit(
                pool_id, address, self.port, self.network_id
            )
        )
        self.withdraw(address)
        self.unchanged(lambda: spreader.withdraw(pool_id, address))

    def test_one_of_two_is_withdrawn(self) -> None:
        first, second = self.addresses
        for address in (second, first):
            self.admit(address)
        self.assertEqual({first: True, second: True}, self.targets())
        self.withdraw(first)
        left = self.targets()
        self.assertEqual([second], [one for one in left if left[one]])
        self.forget(first)
        self.assertEqual({second: True}, self.targets())
        self.until("an answer", self.answers)

    def test_address_that_the_network_does_not_have(self) -> None:
        pool_id = self.pool_id
        for address, network_id in (
            ("192.0.2.1", self.network_id),
            (self.addresses[0], NOWHERE),
        ):
            self.assertRaises(
                errors.NotFound,
                self.spreader.admit,
                pool_id,
                address,
                self.port,
                network_id,
            )
        self.assertEqual({}, self.targets())
