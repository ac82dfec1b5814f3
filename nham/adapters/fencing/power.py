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

"""Fencing by a host's BMC: what Redfish and IPMI have in common."""

from __future__ import annotations

import abc
from collections.abc import Callable
from collections.abc import Mapping
import time

from nham.adapters import errors
from nham.adapters.fencing import base
from nham.adapters.fencing import machines

OFF = "off"
ON = "on"

#: Seconds between the two looks that make a proof. A BMC may say what it
#: was told to do before that is true, and a machine whose power comes back
#: at once, by its own policy or another hand, is not off.
_SETTLE = 1.0


class PowerFencing(base.HostFencing):
    """Switches a host's power off, and reads it back twice.

    :param known: the BMCs by their hosts; no other host can be fenced.
    :param pause: waits so many seconds.
    """

    def __init__(
        self,
        known: Mapping[str, machines.Machine],
        pause: Callable[[float], None] = time.sleep,
    ) -> None:
        self._machines = dict(known)
        self._pause = pause

    @abc.abstractmethod
    def power(self, machine: machines.Machine) -> str:
        """Return what the BMC says: ``on``, ``off`` or a word of its own.

        :raises errors.AdapterError: it does not say.
        """

    @abc.abstractmethod
    def switch_off(self, machine: machines.Machine) -> None:
        """Have the BMC switch the power off at once.

        :raises errors.AdapterError: it does not.
        """

    def can_fence(self, host: str) -> bool:
        """See base class."""
        return host in self._machines

    def fence(self, host: str) -> None:
        """See base class; some BMCs refuse to switch off what is off.

        :raises errors.Refused: it may not fence this host, or the BMC does
            not let us.
        :raises errors.Unavailable: the BMC gives no answer, or no sense.
        """
        machine = self._machines.get(host)
        if machine is None:
            raise errors.Refused(f"{host!r} is not a host that it may fence")
        if self.power(machine) != OFF:
            self.switch_off(machine)

    def trouble(self, host: str) -> str:
        """See base class."""
        machine = self._machines.get(host)
        if machine is None:
            return f"{host!r} is not a host that it may fence"
        try:
            said = self.power(machine)
        except errors.AdapterError as failure:
            return str(failure)
        return "" if said in (ON, OFF) else f"the BMC says {said!r}"

    def proof(self, host: str) -> str | None:
        """See base class."""
        machine = self._machines.get(host)
        if machine is None or not self._is_off(machine):
            return None
        self._pause(_SETTLE)
        if not self._is_off(machine):
            return None
        return f"the BMC at {machine.address} says of {host}: off, twice"

    def _is_off(self, machine: machines.Machine) -> bool:
        try:
            return self.power(machine) == OFF
        except errors.AdapterError:
            return False
