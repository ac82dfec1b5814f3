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


class HostFencing(abc.ABC):
    """Cuts a compute host off, for instance by its power."""

    name: str

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


class MemberFencing(abc.ABC):
    """Cuts one member off, and leaves its host and other guests alone."""

    name: str

    def can_fence(self, server_id: str) -> bool:
        """Say whether this driver has the means to cut the member off.

        It knows that by itself and asks nobody.
        """
        return True

    @abc.abstractmethod
    def fence(self, server_id: str) -> None:
        """Ask for the member to be cut off; asking twice does no harm.

        :raises errors.AdapterError: it cannot be, now or at all.
        """

    @abc.abstractmethod
    def proof(self, server_id: str) -> str | None:
        """Return what proves that it is cut off, None if nothing does.

        :raises errors.AdapterError: nobody tells.
        """
