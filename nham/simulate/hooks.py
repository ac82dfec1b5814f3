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


"""The state hooks of a lab: applications that may refuse a state."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nham.adapters import errors
from nham.adapters.hooks import base
from nham.adapters.simulated import hook

if TYPE_CHECKING:
    from nham.simulate import lab as lab_


class LabHook(hook.SimulatedHook):
    """Asks the applications of a lab."""

    def __init__(self, lab: lab_.Lab) -> None:
        super().__init__(lab.world)
        self._lab = lab

    def import_state(
        self, endpoint: base.Endpoint, data: bytes, sender: str
    ) -> None:
        """See base class."""
        guest = self.guest_of(endpoint)
        if guest is not None and guest.server_id in self._lab.refusing:
            raise errors.Refused(f"{guest.server_id}: it takes in no state")
        super().import_state(endpoint, data, sender)
