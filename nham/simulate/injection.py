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

"""What goes wrong in a simulated cloud, and which VNFCs it may hurt."""

from __future__ import annotations

import dataclasses

from nham.core import model
from nham.simulate import lab as lab_

Place = tuple[str, str]
"""A VNFC: the VNFM's id of its VNF, and its name in it."""


@dataclasses.dataclass(frozen=True)
class Injection:
    """One thing that went wrong, or that a user did.

    :ivar at: seconds since the epoch.
    :ivar hurts: the VNFCs that may need a recovery for it.
    """

    at: float
    what: str
    target: str = ""
    hurts: frozenset[Place] = frozenset()


def places(lab: lab_.Lab) -> dict[Place, model.Group]:
    """Return the groups of all VNFCs that NHAM knows."""
    vnfs = {vnf.id: str(vnf.instance_id) for vnf in lab.store.vnfs()}
    return {
        (vnfs[group.vnf_id], group.vnfc): group for group in lab.store.groups()
    }
