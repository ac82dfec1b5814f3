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

"""The hook of the guests of the simulated cloud."""

from __future__ import annotations

from collections.abc import Iterator
import contextlib
import hashlib

from nham.adapters import errors
from nham.adapters.hooks import base
from nham.adapters.simulated import records
from nham.adapters.simulated import world as simulated

MERGE = "/nham/merge"
"""A state of words that comes here is added to what is there."""


class SimulatedHook(base.Hook):
    """Asks the applications in the guests of a ``World``.

    :param token: what every application wants to be shown; None: nothing.
    """

    name = "simulated"

    def __init__(
        self, world: simulated.World, token: str | None = None
    ) -> None:
        self._world = world
        self._token = token

    def export_state(
        self, endpoint: base.Endpoint, max_size: int, hold: int = 0
    ) -> base.Exported:
        """See base class."""
        with self._asked(endpoint, "export_state") as guest:
            if len(guest.state) > max_size:
                raise errors.Refused(f"state is over {max_size} bytes")
            guest.held_until = self._world.clock.now() + hold
            return base.Exported(
                data=guest.state,
                pause=0.0,
                held=hold,
                started=guest.started,
                imported=_digest(guest),
            )

    def imported(self, endpoint: base.Endpoint) -> str:
        """See base class."""
        with self._asked(endpoint, "imported") as guest:
            return _digest(guest)

    def import_state(
        self, endpoint: base.Endpoint, data: bytes, sender: str
    ) -> None:
        """See base class."""
        with self._asked(endpoint, "import_state") as guest:
            guest.took = data
            if endpoint.import_path == MERGE:
                words = {*guest.state.split(), *data.split()}
                data = b" ".join(sorted(words))
            guest.state = data

    def claim(self, endpoint: base.Endpoint, address: str) -> None:
        """See base class."""
        with self._asked(endpoint, "claim") as guest:
            self._world.physics.claim(guest, address)

    def has_claimed(self, endpoint: base.Endpoint, address: str) -> bool:
        """See base class."""
        with self._asked(endpoint, "has_claimed") as guest:
            return address in guest.claims

    def let_go(self, endpoint: base.Endpoint, address: str) -> None:
        """See base class."""
        with self._asked(endpoint, "let_go") as guest:
            guest.claims.discard(address)

    def guest_of(self, endpoint: base.Endpoint) -> records.Guest | None:
        """Return the guest that is asked there; None: nobody is."""
        physics = self._world.physics
        if endpoint.guest is None:
            return physics.at(endpoint.address)
        return next(iter(physics.guests_of(endpoint.guest.server_id)), None)

    @contextlib.contextmanager
    def _asked(
        self, endpoint: base.Endpoint, call: str
    ) -> Iterator[records.Guest]:
        """Yield the guest whose application answers; silence takes time."""
        world = self._world
        place = endpoint.address
        if endpoint.guest is not None:
            place = endpoint.guest.server_id
        with world.gates.call("hook", call, place):
            guest = self.guest_of(endpoint)
            if guest is None or guest.app is records.App.HUNG:
                world.clock.sleep(endpoint.timeout)
                raise errors.Unavailable(f"{place}: no answer")
            if guest.app is records.App.CRASHED:
                raise errors.Unavailable(f"{place}: refused")
            if endpoint.guest is None and endpoint.token != self._token:
                raise errors.Refused(f"{place}: wrong token")
            yield guest


def _digest(guest: records.Guest) -> str:
    """Return which state its application took in last, empty: none."""
    if guest.took is None:
        return ""
    return f"sha256:{hashlib.sha256(guest.took).hexdigest()}"
