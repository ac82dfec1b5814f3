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

"""What every driver that moves a service address must do."""

from __future__ import annotations

import abc

from nham.adapters import errors
from nham.adapters.traffic import base as traffic_base
from nham.adapters.vim import base as vim_base
from nham.core import model
from nham.tests.conformance import base

NOWHERE = "00000000-0000-4000-8000-000000000000"


class MoverSuite(base.Suite):
    """Two servers of one network; the first one has a service address.

    :ivar servers: the first one serves before each test.
    :ivar wanted: the address as a policy has it; None: it is found.
    """

    mover: traffic_base.Mover
    vim: vim_base.Vim
    servers: tuple[str, str]
    wanted: str | None = None

    @abc.abstractmethod
    def answering(self) -> str | None:
        """Return which server a new client gets to, None if to none."""

    def find(self) -> tuple[model.MovableAddress, traffic_base.Place]:
        """Find the service address, and let the first server have it."""
        service, place = self.mover.find(self.servers[0], self.wanted)
        for one in (place, self.place(1)):
            self.mover.admit(service, one)
        if not self.mover.leads_to(service, place):
            self.mover.move(service, place)
        return service, place

    def place(self, number: int) -> traffic_base.Place:
        """Return where a server serves, by its first port."""
        server_id = self.servers[number]
        port = self.vim.ports(server_id)[0]
        return traffic_base.Place(server_id=server_id, port_id=port.id)

    def reaches(self, number: int) -> None:
        """Wait until a new client gets to a server."""
        server_id = self.servers[number]
        self.until(server_id, lambda: self.answering() == server_id)

    def test_has_a_name(self) -> None:
        self.assertTrue(self.mover.name)

    def test_found_where_it_is(self) -> None:
        service, place = self.find()
        self.assertTrue(service.id)
        self.assertTrue(service.ip)
        self.assertEqual(self.place(0), place)
        self.assertTrue(self.mover.leads_to(service, place))
        self.assertFalse(self.mover.leads_to(service, self.place(1)))
        self.reaches(0)

    def test_moved_there_and_back(self) -> None:
        service, first = self.find()
        second = self.place(1)
        for number in (1, 0):
            self.mover.let_go(service, (second, first)[number])
            for _again in range(2):
                self.mover.move(service, (first, second)[number])
            for place in (first, second):
                there = place == (first, second)[number]
                self.assertIs(there, self.mover.leads_to(service, place))
            self.reaches(number)

    def test_nowhere_to_move_to(self) -> None:
        service, first = self.find()
        nowhere = traffic_base.Place(server_id=NOWHERE, port_id=NOWHERE)
        self.assertRaises(errors.NotFound, self.mover.move, service, nowhere)
        self.assertTrue(self.mover.leads_to(service, first))
        self.reaches(0)

    def test_admitted_and_not_led_to(self) -> None:
        service, first = self.find()
        for _again in range(2):
            self.mover.admit(service, self.place(1))
        self.assertFalse(self.mover.leads_to(service, self.place(1)))
        self.assertTrue(self.mover.leads_to(service, first))
        self.reaches(0)

    def test_let_go_by_who_has_it_not(self) -> None:
        service, _first = self.find()
        self.mover.let_go(service, self.place(1))
        self.reaches(0)
