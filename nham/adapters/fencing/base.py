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

"""Fencing: making sure that a host or a member cannot serve any more.

A fence without proof is no fence: ``fence`` asks, ``proof`` looks. Only
what ``proof`` returns lets a recovery go on. What counts as proof for each
driver, and what it leaves open, is in ``nham.core.fencing``.
"""

from __future__ import annotations

import abc
import dataclasses


class HostFencing(abc.ABC):
    """Cuts a compute host off, for instance by its power.

    :ivar prompt: as of ``MemberFencing``.
    """

    name: str
    prompt: bool = False

    @abc.abstractmethod
    def can_fence(self, host: str) -> bool:
        """Say whether this driver has the means to fence the host.

        It knows that by itself and asks nobody: it is asked often.
        """

    @abc.abstractmethod
    def fence(self, host: str) -> None:
        """Ask for the host to be cut off; asking twice does no harm."""

    @abc.abstractmethod
    def trouble(self, host: str) -> str:
        """Return why it cannot tell whether the host is off.

        Empty if it can, whatever it tells; the host is not touched.
        """

    @abc.abstractmethod
    def proof(self, host: str) -> str | None:
        """Return what proves that the host is off, None if nothing does."""


@dataclasses.dataclass(frozen=True, kw_only=True)
class Guest:
    """One member as a driver knows it.

    :ivar host: where it runs, by what Nova said when that was decided;
        None: nobody knows.
    :ivar epoch: of the recovery that wants it cut off.
    """

    server_id: str
    host: str | None = None
    epoch: int = 0

    def __str__(self) -> str:
        return self.server_id


class MemberFencing(abc.ABC):
    """Cuts one member off, and leaves its host and other guests alone.

    :ivar lasting: its proof goes on being true until somebody asks the
        cloud for something else; the cloud by itself does not undo it.
    :ivar prompt: it gives proof at once or not at all, and to look for that
        costs nothing.
    """

    name: str
    lasting: bool
    prompt: bool = False

    def can_fence(self, guest: Guest) -> bool:
        """Say whether this driver has the means to cut the member off.

        It knows that by itself and asks nobody.
        """
        return True

    @abc.abstractmethod
    def fence(self, guest: Guest) -> None:
        """Ask for the member to be cut off; asking twice does no harm.

        :raises errors.AdapterError: it cannot be, now or at all.
        """

    @abc.abstractmethod
    def proof(self, guest: Guest) -> str | None:
        """Return what proves that it is cut off, None if nothing does.

        :raises errors.AdapterError: nobody tells.
        """
