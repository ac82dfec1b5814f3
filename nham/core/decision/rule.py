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

"""What one line of the table of rules says."""

from __future__ import annotations

from collections.abc import Callable
import dataclasses
import enum

from nham.core import descriptor
from nham.core.decision import ladder
from nham.core.decision import situation


class Kind(enum.StrEnum):
    """What a decision says about one member."""

    #: Nothing is wrong, or it is not NHAM's business.
    NOTHING = "nothing"
    #: Something is wrong, but NHAM must not or cannot act now.
    WAIT = "wait"
    #: A recovery is to be run.
    ACT = "act"
    #: A recovery would be run, were NHAM not paused.
    WOULD = "would"


@dataclasses.dataclass(frozen=True, kw_only=True)
class Rule:
    """One line of the table.

    :ivar says: for NOTHING and WAIT the reason; for ACT the fault.
    :ivar zone: the zone of the fault that it accepts.
    :ivar rung: for ACT: chooses from the ladder.
    """

    name: str
    kind: Kind
    source: str
    says: str
    when: Callable[[situation.Case], bool]
    zone: descriptor.Zone | None = None
    rung: Callable[[situation.Case], ladder.Next] | None = None
