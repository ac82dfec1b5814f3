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

"""No fencing: nothing can be cut off, so nothing is ever proved."""

from __future__ import annotations

from nham.adapters import errors
from nham.adapters.fencing import base


class NoopFencing(base.HostFencing):
    """Has no means; the operator's own word is the only proof."""

    name = "noop"

    def can_fence(self, host: str) -> bool:
        """See base class."""
        return False

    def fence(self, host: str) -> None:
        """See base class."""
        raise errors.Refused(f"no means to fence {host}")

    def trouble(self, host: str) -> str:
        """See base class."""
        return f"no means to look at {host}"

    def proof(self, host: str) -> str | None:
        """See base class."""
        return None
