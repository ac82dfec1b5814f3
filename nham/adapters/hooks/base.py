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


"""Hooks: how a VNF itself hands out and takes in what must move.

The member that serves is asked for its state, a standby is given it. What
the bytes mean is the VNF's own affair. By the same way a guest may be told
to take a service address, or to give it up.
"""

from __future__ import annotations

import abc
import dataclasses


@dataclasses.dataclass(frozen=True, kw_only=True)
class Guest:
    """A guest whose commands are run by its guest agent.

    Each command is an absolute path and its first arguments.

    :ivar claim_command: empty: the guest claims no address.
    """

    server_id: str
    export_command: tuple[str, ...]
    import_command: tuple[str, ...]
    claim_command: tuple[str, ...] = ()


@dataclasses.dataclass(frozen=True, kw_only=True)
class Endpoint:
    """Where and how a member is asked.

    :ivar guest: by which guest agent, and with which commands; None: it is
        asked over HTTP, at the address.
    :ivar token: what proves to the VNF that NHAM asks; never in a log.
    :ivar timeout: seconds for a whole call.
    """

    address: str = ""
    port: int = 0
    export_path: str = "/nham/state"
    import_path: str = "/nham/state"
    claim_path: str = "/nham/address"
    token: str | None = dataclasses.field(default=None, repr=False)
    timeout: float = 5.0
    guest: Guest | None = None


@dataclasses.dataclass(frozen=True, kw_only=True)
class Exported:
    """A whole state.

    :ivar pause: seconds that the application stood still for it, by its
        own word; None if it says nothing.
    :ivar held: seconds from the export on for which the application goes
        on standing still, by its own word; 0 if it does not.
    :ivar started: a word of the application's that is another one each
        time it starts without its state; empty if it says none.
    :ivar imported: digest of the state that it took in last since it
        started, as ``imported`` returns it.
    """

    data: bytes = dataclasses.field(repr=False)
    pause: float | None = None
    held: float = 0.0
    started: str = ""
    imported: str = ""


class Hook(abc.ABC):
    """One way to reach the applications of VNFs.

    Every call ends within the endpoint's time-out, whatever the other side
    does.

    :ivar name: what the descriptor calls it.
    """

    name: str

    @abc.abstractmethod
    def export_state(
        self, endpoint: Endpoint, max_size: int, hold: int = 0
    ) -> Exported:
        """Return the state that the application has now.

        :param max_size: bytes; a larger state is refused.
        :param hold: seconds from the export on for which the application
            is asked to acknowledge nothing that would change its state, so
            that another member can take over with all of it. It need not
            be able to.
        :raises errors.Unavailable: no connection, no whole answer in time,
            or the application says that it cannot now.
        :raises errors.Refused: the application will not, the state is too
            large, or it came damaged.
        """

    @abc.abstractmethod
    def imported(self, endpoint: Endpoint) -> str:
        """Return which state the application took in last.

        :returns: its digest, as that of a state that is kept; empty if the
            application took in none since it started, or does not say.
        :raises errors.Unavailable: as for an export.
        :raises errors.Refused: the application will not be asked.
        """

    @abc.abstractmethod
    def import_state(
        self, endpoint: Endpoint, data: bytes, sender: str
    ) -> None:
        """Hand a state over; return once the application has taken it in.

        :param sender: name of the member that the state comes from.
        :raises errors.Unavailable: as for an export; the application may
            or may not have taken the state.
        :raises errors.Refused: the application will not take it.
        """

    @abc.abstractmethod
    def claim(self, endpoint: Endpoint, address: str) -> None:
        """Have the guest take an address and announce it to the network.

        One that it has already it announces once more.

        :raises errors.Unavailable: as for an export; the guest may or may
            not have taken it.
        :raises errors.Refused: the guest will not take it.
        """

    @abc.abstractmethod
    def has_claimed(self, endpoint: Endpoint, address: str) -> bool:
        """Say whether the guest has an address, by its own word.

        :raises errors.Unavailable: as for an export.
        :raises errors.Refused: the guest will not be asked.
        """

    @abc.abstractmethod
    def let_go(self, endpoint: Endpoint, address: str) -> None:
        """Have the guest give an address up; one it has not is no error.

        :raises errors.Unavailable: as for an export; the guest may or may
            not have it still.
        :raises errors.Refused: the guest will not give it up.
        """
