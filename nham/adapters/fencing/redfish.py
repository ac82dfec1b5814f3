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

"""Fencing by Redfish (DMTF DSP0266), with the library sushy.

The library is an extra (``pip install nham[redfish]``): it is imported when
the driver is made.
"""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Iterator
import contextlib
import time
from typing import Any
from typing import Protocol
from urllib import parse

from nham.adapters import errors
from nham.adapters.fencing import machines
from nham.adapters.fencing import power

_SYSTEMS = "/redfish/v1/Systems/"
#: What the driver cannot do, whoever asks again.
_REFUSALS = ("AccessError", "InvalidParameterValueError")


class System(Protocol):
    """One system of a BMC, as it is when it is made."""

    def power(self) -> str:
        """Return its PowerState (DSP0268), empty if there is none."""

    def force_off(self) -> None:
        """Have it switched off, without a word to its operating system."""


Connect = Callable[[machines.Machine], System]


class RedfishFencing(power.PowerFencing):
    """Has a BMC switch its host off by ``ForceOff``.

    :param path: the file of ``machines``.
    :param verify: whether a BMC must prove by its certificate who it is.
    :param ca_file: who signs their certificates; None: those of certifi.
    :param timeout: seconds for one answer of a BMC.
    :param connect: how a BMC is reached; None: by sushy.
    :raises errors.Refused: the file is wrong, or sushy is not installed.
    """

    name = "redfish"

    def __init__(
        self,
        path: str | None,
        verify: bool = True,
        ca_file: str | None = None,
        timeout: float = 5.0,
        connect: Connect | None = None,
        pause: Callable[[float], None] = time.sleep,
    ) -> None:
        if not path:
            raise errors.Refused("[fencing_redfish] machines is not set")
        known = machines.read(path, ("system",))
        for machine in known.values():
            _see_url(path, machine)
        super().__init__(known, pause)
        self._connect = connect or _by_sushy(
            verify and (ca_file or True), timeout
        )

    def power(self, machine: machines.Machine) -> str:
        """See base class."""
        with _translated():
            return self._connect(machine).power().lower()

    def switch_off(self, machine: machines.Machine) -> None:
        """See base class."""
        with _translated():
            self._connect(machine).force_off()


def _see_url(path: str, machine: machines.Machine) -> None:
    """See that an address is one; a password in it would be logged.

    :raises errors.Refused: it is not.
    """
    url = parse.urlsplit(machine.address)
    if url.scheme not in ("https", "http") or not url.hostname:
        raise errors.Refused(
            f"{path}: {machine.host}: address: it must be a URL like "
            "https://10.0.0.11"
        )
    if url.username or url.password:
        raise errors.Refused(
            f"{path}: {machine.host}: address: user and password have "
            "fields of their own"
        )


class SushySystem:
    """A system that sushy has read.

    :param reset_type: what sushy calls ForceOff.
    """

    def __init__(self, system: Any, reset_type: Any) -> None:
        self._system = system
        self._reset_type = reset_type

    def power(self) -> str:
        """See ``System``."""
        state = self._system.power_state
        return str(state.value) if state else ""

    def force_off(self) -> None:
        """See ``System``."""
        self._system.reset_system(self._reset_type)


def _by_sushy(verify: bool | str, timeout: float) -> Connect:
    try:
        import sushy
        from sushy import auth
    except ImportError as failure:
        raise errors.Refused(
            f"redfish: {failure}; pip install nham[redfish]"
        ) from failure

    def connect(machine: machines.Machine) -> System:
        # A connection for each question: what sushy remembers of a system
        # is no proof of what it is now. And no session that a BMC, which
        # has room for a few, would keep if we died.
        root = sushy.Sushy(
            machine.address,
            auth=auth.BasicAuth(machine.username, machine.password),
            verify=verify,
            # Zero means three there. Who asks us does so again, or turns
            # to another driver.
            server_side_retries=1,
            server_side_retries_delay=1,
            read_timeout=timeout,
        )
        system = machine.system
        if system and not system.startswith("/"):
            system = f"{_SYSTEMS}{system}"
        return SushySystem(
            root.get_system(system or None), sushy.ResetType.FORCE_OFF
        )

    return connect


@contextlib.contextmanager
def _translated() -> Iterator[None]:
    """Turn what sushy raises into our errors.

    It raises errors of its own, of requests and of json, and on an answer
    without sense whatever Python does: any of it says only that this BMC
    told us nothing.
    """
    try:
        yield
    except Exception as failure:
        kind = type(failure).__name__
        said = f"{kind}: {' '.join(str(failure).split())[:300]}"
        if kind in _REFUSALS:
            raise errors.Refused(said) from failure
        raise errors.Unavailable(said) from failure
