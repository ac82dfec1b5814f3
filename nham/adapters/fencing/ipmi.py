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

"""Fencing by IPMI 2.0 over the network, with the library pyghmi.

The library is an extra (``pip install nham[ipmi]``): it is imported when the
driver is made.
"""

from __future__ import annotations

from collections.abc import Callable
import contextlib
import threading
import time
from typing import Any

from nham.adapters import errors
from nham.adapters.fencing import machines
from nham.adapters.fencing import power

#: Returns a session with a machine's BMC: pyghmi's ``Command``.
Connect = Callable[[machines.Machine], Any]


class IpmiFencing(power.PowerFencing):
    """Has a BMC switch its host off by a chassis control command.

    :param path: the file of ``machines``.
    :param connect: how a BMC is reached; None: by pyghmi.
    :raises errors.Refused: the file is wrong, or pyghmi is not installed.
    """

    name = "ipmi"

    def __init__(
        self,
        path: str | None,
        connect: Connect | None = None,
        pause: Callable[[float], None] = time.sleep,
    ) -> None:
        if not path:
            raise errors.Refused("[fencing_ipmi] machines is not set")
        super().__init__(machines.read(path, ("port",)), pause)
        self._connect = connect or _by_pyghmi()
        self._locks = {host: threading.Lock() for host in self._machines}

    def power(self, machine: machines.Machine) -> str:
        """See base class."""
        return str(self._ask(machine, lambda bmc: bmc.get_power()))

    def switch_off(self, machine: machines.Machine) -> None:
        """See base class."""
        self._ask(machine, lambda bmc: bmc.set_power("off"))

    def _ask(
        self, machine: machines.Machine, call: Callable[[Any], Any]
    ) -> Any:
        """Return the power state in the BMC's answer.

        :raises errors.Unavailable: it gives none, or no sense.
        """
        try:
            # pyghmi has one session for each BMC and user, and two threads
            # would close it under each other.
            with self._locks[machine.host]:
                bmc = self._connect(machine)
                try:
                    answer = call(bmc)
                finally:
                    with contextlib.suppress(Exception):
                        bmc.ipmi_session.logout()
            return answer.get("powerstate", "")
        # An answer without sense makes pyghmi raise whatever Python does:
        # any of it says only that this BMC told us nothing.
        except Exception as failure:
            kind = type(failure).__name__
            raise errors.Unavailable(f"{kind}: {failure}") from failure


def _by_pyghmi() -> Connect:
    try:
        # IPMI is no safe protocol; the manual says so, and many BMCs have
        # no other one.
        from pyghmi.ipmi import command  # nosec B415
    except ImportError as failure:
        raise errors.Refused(
            f"ipmi: {failure}; pip install nham[ipmi]"
        ) from failure

    def connect(machine: machines.Machine) -> Any:
        # In bytes: pyghmi forgets a session that has ended by its name in
        # bytes, and would else give us the ended one again.
        return command.Command(
            bmc=machine.address,
            userid=machine.username.encode(),
            password=machine.password.encode(),
            port=machine.port,
        )

    return connect
