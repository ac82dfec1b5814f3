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

"""What the simulated drivers that spread a service have in common."""

from __future__ import annotations

from collections.abc import Iterable
import contextlib
from typing import Protocol
from typing import TypeVar

from nham.adapters import errors
from nham.adapters.simulated import world as simulated
from nham.adapters.traffic import base


class _Owned(Protocol):
    """What a project has in its cloud."""

    id: str
    name: str
    project_id: str


Thing = TypeVar("Thing", bound=_Owned)


class WorldSpreader(base.Spreader):
    """Spreads services over the guests of a ``World``.

    It has the name of the driver that it stands for, so that descriptors
    are played as they are.

    :cvar system: the service of the cloud that it asks.
    """

    system: str

    def __init__(self, world: simulated.World) -> None:
        self._world = world

    def _call(
        self, call: str, subject: str
    ) -> contextlib.AbstractContextManager[None]:
        return self._world.gates.call(self.system, call, subject)


def the_one(
    kind: str, things: Iterable[Thing], wanted: str, project_id: str
) -> Thing:
    """Return what a project has under that id, or else under that name.

    :raises errors.NotFound: it has none.
    :raises errors.Refused: it has two of that name.
    """
    own = [one for one in things if one.project_id == project_id]
    found = [one for one in own if one.id == wanted]
    found = found or [one for one in own if one.name == wanted]
    if not found:
        raise errors.NotFound(f"{project_id} has no {kind} {wanted}")
    if len(found) > 1:
        raise errors.Refused(f"{project_id} has two {kind}s {wanted}")
    return found[0]
