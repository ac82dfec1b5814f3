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

"""How a VNFC hands out its own state: the block `state_protection.hook`."""

from __future__ import annotations

import dataclasses

from nham.core.descriptor import blocks
from nham.core.descriptor import properties
from nham.core.descriptor import words


@dataclasses.dataclass(frozen=True)
class Hook:
    """How a VNFC exports and imports its own state.

    :ivar port: TCP port of the VNFC; 0: it is not asked over HTTP.
    :ivar export_path: path that gives the state out.
    :ivar import_path: path that takes the state in.
    :ivar claim_path: path, with `/` and an address behind it, by which the
        VNFC takes the service address and lets it go.
    :ivar token: name of a secret that the operator gave to NHAM, never the
        secret itself; None if the hook asks for none.
    :ivar network: name of the Nova network whose address is asked; None
        takes the floating address.
    :ivar transport: over HTTP or by the guest agent; each has properties
        of its own, see `blocks.HOOK_ONLY`.
    :ivar export_command, import_command, claim_command: of the guest, each
        with its first arguments, as a shell would quote them; no shell
        reads them. Empty: there is none.
    :ivar timeout: seconds for one whole call.
    :ivar max_size: bytes of the largest state that is taken.
    """

    port: int = 0
    export_path: str = "/nham/state"
    import_path: str = "/nham/state"
    claim_path: str = "/nham/address"
    token: str | None = None
    network: str | None = None
    timeout: float = 5.0
    max_size: int = 64_000_000
    transport: words.HookTransport = "http"
    export_command: str = ""
    import_command: str = ""
    claim_command: str = ""

    def own_properties(self) -> list[properties.Property]:
        """Return those that its transport has."""
        others = {
            key
            for transport, keys in blocks.HOOK_ONLY.items()
            for key in keys
            if transport != self.transport
        }
        return [prop for prop in blocks.HOOK if prop.key not in others]
