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


"""Users who count at a service address, so that a lost state shows."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from nham.adapters import errors
from nham.core import model
from nham.core import states
from nham.simulate import disks
from nham.simulate import lab as lab_

#: Seconds between two numbers.
_EVERY = 2.0

Place = tuple[str, str]


class Counter:
    """A user who adds one to the number at an address, again and again.

    :param place: the VNFC behind the address.
    :param begins: seconds until the first number.
    :param first: what is added for that; where it is more than will ever be
        counted, who has lost its state does not come up to it again.
    :ivar saved: the highest number of which NHAM has ever had a whole
        checkpoint, so that less than that must never be read for long.
    """

    def __init__(
        self,
        lab: lab_.Lab,
        place: Place,
        address: str,
        begins: float = 0.0,
        first: int = 1,
    ) -> None:
        self._lab = lab
        self.place = place
        self.address = address
        self.saved = 0
        self._step = first
        lab.memory.on_write.append(self._written)
        lab.clock.call_in(begins + _EVERY, self._count)

    def _count(self) -> None:
        world = self._lab.world
        number = world.read_at(self.address)
        if number is not None:
            world.write_at(self.address, number + self._step)
            self._step = 1
        self._lab.clock.call_in(_EVERY, self._count)

    def _written(self, name: str, args: tuple[Any, ...], result: Any) -> None:
        if name != "update_checkpoint" or not result:
            return
        checkpoint: model.Checkpoint = args[0]
        if checkpoint.state is not states.CheckpointState.AVAILABLE:
            return
        if self._place_of(checkpoint) == self.place:
            self.saved = max(self.saved, self._number(checkpoint) or 0)

    def _number(self, checkpoint: model.Checkpoint) -> int | None:
        """Return the number in a checkpoint, None if it is not whole."""
        (part,) = checkpoint.artifacts
        try:
            if part.kind != "state":
                return disks.saved(self._lab, checkpoint)[0]
            return int(self._lab.blobs.get(part.id, str(part.digest)) or b"0")
        except errors.AdapterError:
            return None

    def _place_of(self, checkpoint: model.Checkpoint) -> Place:
        group = self._lab.store.group(checkpoint.group_id)
        vnf = self._lab.store.vnf(checkpoint.vnf_id)
        return str(vnf.instance_id), group.vnfc

    def lost(self, excused: Collection[Place]) -> str:
        """Return what is lost now, empty if nothing is.

        :param excused: VNFCs whose applications started anew by
            themselves, or whose saved states somebody damaged.
        """
        number = self._lab.world.read_at(self.address)
        if number is None or self.place in excused or number >= self.saved:
            return ""
        return f"at {number}, and {self.saved} was saved"
