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

"""Checkpoint engines: how the state of a VNFC is kept and proved.

An engine never waits: ``begin`` asks, ``look`` tells how far it is.
``begin`` is given a name that is unique to the checkpoint, so that after
a crash ``begin`` finds what it had asked for and does not ask twice.
"""

from __future__ import annotations

import abc
from collections.abc import Sequence

from nham.adapters import errors
from nham.adapters.vim import base as vim_base
from nham.core import model


class CheckpointEngine(abc.ABC):
    """One way of taking checkpoints.

    :cvar occupies: Nova refuses most else that is to be done to the server
        while one is taken.
    :cvar of_disk: it keeps a disk, which another member's can be made of.
    """

    name: str
    occupies = False
    of_disk = False

    def __init__(self, vim: vim_base.Vim) -> None:
        self.vim = vim

    def unfit(self, server: vim_base.Server) -> str:
        """Return why the server's state must not be taken, empty if it may.

        A checkpoint that could never be put back does only harm.
        """
        return ""

    @abc.abstractmethod
    def begin(
        self, server: vim_base.Server, name: str, hold: int = 0
    ) -> tuple[model.Artifact, ...]:
        """Ask for the checkpoint; return its parts, not yet complete.

        :param hold: seconds for which the VNFC is asked to stand still
            after it. What came of that is in the parts' ``held``.
        """

    @abc.abstractmethod
    def find(self, name: str) -> tuple[model.Artifact, ...]:
        """Return the parts of that name, whole or not, the last one first.

        What is removed in this order is found again from its start.
        """

    @abc.abstractmethod
    def look(
        self, artifacts: Sequence[model.Artifact]
    ) -> tuple[model.Artifact, ...] | None:
        """Return the parts with digest and size once whole, else None.

        :raises Refused: a part is torn or gone.
        """

    @abc.abstractmethod
    def usable(self, checkpoint: model.Checkpoint) -> str:
        """Return why it must not be restored, empty if it may."""

    @abc.abstractmethod
    def restore_image(self, checkpoint: model.Checkpoint) -> str | None:
        """Return the image that a rebuild restores it from.

        None means: not yet, ask again (it is being made).
        """

    def underlies(
        self, checkpoint: model.Checkpoint, server: vim_base.Server
    ) -> bool:
        """Say whether a server's disk was made of the checkpoint.

        By the cloud's own word, whatever NHAM had asked for.
        """
        return False

    def needed(self, checkpoint: model.Checkpoint) -> bool:
        """Say whether what was made of it keeps it from being deleted."""
        return False

    def holds(self, checkpoint: model.Checkpoint, server_id: str) -> bool:
        """Say whether a running server surely has the checkpoint's state.

        :raises Unavailable: the server does not answer now.
        """
        return False

    def give(
        self, checkpoint: model.Checkpoint, server_id: str, sender: str
    ) -> None:
        """Have a running server take the checkpoint's state in.

        :param sender: name of the member that the state comes from.
        :raises Refused: the checkpoint is torn, the server will not take
            it, or this engine cannot feed a server that runs.
        :raises Unavailable: the server does not answer now.
        """
        raise errors.Refused(f"{self.name} cannot feed a running server")

    def export_state(self, server_id: str) -> bytes:
        """Return the state that a running server has now; none is kept.

        :raises Refused: the server will not, or this engine cannot.
        :raises Unavailable: the server does not answer now.
        """
        raise errors.Refused(f"{self.name} cannot export a running server")

    def import_state(self, server_id: str, data: bytes, sender: str) -> None:
        """Have a running server take a state in that was not kept.

        :param sender: name of the member that the state comes from.
        :raises Refused, Unavailable: see ``give``.
        """
        raise errors.Refused(f"{self.name} cannot feed a running server")

    @abc.abstractmethod
    def delete(self, artifacts: Sequence[model.Artifact]) -> None:
        """Remove the parts; what is gone already is no error.

        :raises Conflict: they are still needed; ask again.
        """
