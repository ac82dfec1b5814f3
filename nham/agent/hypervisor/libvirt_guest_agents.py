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

"""Guest agents by libvirt, on a connection of each errand's own.

A libvirtd that hangs holds up the errand's thread and nobody else: the
thread that hears events has another connection.
"""

from __future__ import annotations

from collections.abc import Iterator
from collections.abc import Mapping
import contextlib
import json
import math
from typing import Any

from nham.agent.hypervisor import guest_agents
from nham.core.agent import errands
from nham.core.agent import messages

_Trouble = guest_agents.Trouble
_Outcome = errands.Outcome

#: What libvirt's errors mean (virterror.h): no such domain; it does not
#: run; it has no guest agent, or the agent says nothing.
_CODES = {
    "VIR_ERR_NO_DOMAIN": _Outcome.NO_GUEST,
    "VIR_ERR_OPERATION_INVALID": _Outcome.NO_GUEST,
    "VIR_ERR_ARGUMENT_UNSUPPORTED": _Outcome.NO_GUEST_AGENT,
    "VIR_ERR_AGENT_UNRESPONSIVE": _Outcome.NO_GUEST_AGENT,
    "VIR_ERR_AGENT_UNSYNCED": _Outcome.NO_GUEST_AGENT,
}
#: What an agent refuses has no code of its own, only these words.
_REFUSED = "unable to execute QEMU agent command"


class LibvirtGuestAgents(guest_agents.GuestAgents):
    """The guest agents of the guests that libvirt drives.

    :param uri: where it is, e.g. ``qemu:///system``.
    :raises ImportError: libvirt-python is not installed.
    """

    def __init__(self, uri: str) -> None:
        import libvirt
        import libvirt_qemu

        self._libvirt: Any = libvirt
        self._qemu: Any = libvirt_qemu
        self._uri = uri
        self._meanings = {
            getattr(libvirt, name): outcome for name, outcome in _CODES.items()
        }

    @contextlib.contextmanager
    def reach(self, server_id: str) -> Iterator[guest_agents.Ask]:
        """See base class."""
        with self._ours():
            connection = self._libvirt.open(self._uri)
        try:
            with self._ours():
                domain = connection.lookupByUUIDString(server_id)

            def ask(
                name: str, arguments: Mapping[str, Any], timeout: float
            ) -> Any:
                said = {"execute": name, "arguments": dict(arguments)}
                seconds = max(1, math.ceil(timeout))
                with self._ours():
                    answer = self._qemu.qemuAgentCommand(
                        domain, json.dumps(said), seconds, 0
                    )
                return json.loads(answer)["return"]

            yield ask
        finally:
            with contextlib.suppress(self._libvirt.libvirtError):
                connection.close()

    @contextlib.contextmanager
    def _ours(self) -> Iterator[None]:
        """Turn libvirt's errors into ours."""
        try:
            yield
        except self._libvirt.libvirtError as error:
            text = str(error)
            outcome = self._meanings.get(
                error.get_error_code(), _Outcome.HYPERVISOR
            )
            if _REFUSED in text:
                outcome = _Outcome.FORBIDDEN
            raise _Trouble(outcome, messages.short(text)) from error
