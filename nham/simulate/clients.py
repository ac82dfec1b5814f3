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


"""The VNFs' users: they ask and write all the time, from outside.

Outages and lost state are what a user sees, not what NHAM believes.
"""

from __future__ import annotations

import dataclasses

from nham.simulate import lab as lab_

#: Seconds between two questions of a user.
_EVERY = 0.05
#: Seconds between two writes.
_WRITE_EVERY = 1.0


@dataclasses.dataclass
class Outage:
    """A time without answers; all times are seconds since the start.

    :ivar until: the first good answer, None if there was none.
    :ivar lost: seconds of writes that are gone afterwards; None if all
        that was ever written is gone.
    :ivar bare: for so many seconds it then answered without its state.
    """

    since: float
    until: float | None = None
    lost: float | None = 0.0
    bare: float = 0.0


class Client:
    """A user of one VNFC.

    :param address: asks at this address, whoever serves there; without it
        the server that the VNFM names.
    :param writes: writes too, and sees what of that is lost. Behind a
        balancer it meets another member each time, so nobody can tell.
    :ivar outages: each time that it got no answer, oldest first.
    """

    def __init__(
        self,
        lab: lab_.Lab,
        instance_id: str,
        vnf: str,
        vnfc: str,
        address: str | None = None,
        writes: bool = True,
    ) -> None:
        self._lab = lab
        self._writing = writes
        self._address = address
        self._instance_id = instance_id
        self.vnf = vnf
        self.vnfc = vnfc
        self.outages: list[Outage] = []
        self._writes: dict[int, float] = {}
        self._write_at = 0.0
        self._last_write = 0.0
        self._before = 0.0
        self._number = 0
        self._ask()

    def _ask(self) -> None:
        now = self._lab.clock.monotonic()
        try:
            server_id = self._lab.world.server_id(self._instance_id, self.vnfc)
        except KeyError:
            # Terminated, or scaled in: nobody asks any more.
            return
        value = self._read(server_id)
        away = bool(self.outages) and self.outages[-1].until is None
        if value is None:
            if not away:
                self.outages.append(Outage(now))
        else:
            if away:
                self._before = self._last_write
                self._back(self.outages[-1], now, value)
            elif self.outages and value != self._number:
                self._back(self.outages[-1], now, value)
            self._number = value
            self._write(server_id, now)
        self._lab.clock.call_in(_EVERY, self._ask)

    def _read(self, server_id: str) -> int | None:
        if self._address is not None:
            value = self._lab.world.read_at(self._address)
            known = value is None or self._writing
            return value if known else self._number
        return self._lab.world.read(server_id)

    def _back(self, outage: Outage, now: float, value: int) -> None:
        """Note what came back; a state may come later than the answers."""
        if outage.until is None:
            outage.until = now
        if value in self._writes:
            outage.lost = self._before - self._writes[value]
            outage.bare = now - outage.until
        elif self._writes:
            outage.lost = None

    def _write(self, server_id: str, now: float) -> None:
        if now < self._write_at or not self._writing:
            return
        self._write_at = now + _WRITE_EVERY
        number = int(now * 1000) + 1
        world = self._lab.world
        if (
            world.write_at(self._address, number)
            if self._address is not None
            else world.write(server_id, number)
        ):
            self._writes[number] = now
            self._last_write = now
            self._number = number
