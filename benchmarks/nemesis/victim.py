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

"""A VNF that goes through all faults, with clients that never leave it."""

from __future__ import annotations

from collections.abc import Iterator
from collections.abc import Sequence
import contextlib
import dataclasses
import time
from typing import Any

from benchmarks.bed import actives
from benchmarks.bed import client as client_
from benchmarks.bed import cloud as bed
from benchmarks.bed import vnf as vnf_
from benchmarks.failover import others
from benchmarks.failover import ours

#: Recoveries that give the service to another server.
_MOVES = ("fail_over", "switchover", "replace")
#: Seconds between two questions: so many VNFs share the machine with a
#: whole cloud that the guests are to have little to do.
_INTERVAL = 0.5
#: Seconds; the sample policies export each second.
_EXPORTED = 2.5
#: Seconds until NHAM has seen what was done to a VNF.
_SEEN = 60.0
#: Seconds in which a client's last requests are answered, or in vain.
_SETTLED = 2 * client_.PATIENCE
#: How often the sample policies ask, and how often those of here do.
_HASTE, _LEISURE = "poll_interval: 250 ms", "poll_interval: 1 s"


@dataclasses.dataclass(frozen=True, kw_only=True)
class Seen:
    """What one round was to one VNF.

    :ivar outage: seconds of the longest silence at its clients.
    :ivar rungs: what NHAM did to it, oldest first.
    :ivar doubts: suspicions that were dropped as it answered again in time;
        nothing was done to it.
    :ivar trouble: what must not be, in words.
    """

    outage: float
    rungs: tuple[str, ...]
    doubts: int
    trouble: tuple[str, ...]


class Victim(ours.Ours):
    """A VNF with a standby; what is known of it before a fault is kept.

    :cvar killed: roles of the members that may be killed.
    """

    killed: Sequence[str] = ("primary", "standby")

    @contextlib.contextmanager
    def vnf(self) -> Iterator[None]:
        """See base class; no client outlives it."""
        self._clients = contextlib.ExitStack()
        with super().vnf(), self._clients:
            yield

    def begin(self) -> None:
        """Write down how it is, and let clients in.

        :raises bed.Bad: it does not do what it should even now.
        """
        self._note = self._write_note()
        self._known = {one.id for one in self._recoveries()}
        self._were = self._servers()
        self.hosts = {self._host(one) for one in self._members()}
        self._since = time.monotonic()
        self._client = self._clients.enter_context(
            # Each question in vain leaves a half-open connection in the
            # gateway, which leads who reuses its port to the old member.
            client_.Client(self._address, _INTERVAL, finely=0.0)
        )
        time.sleep(_EXPORTED)

    def end(self, hit: bool) -> Seen:
        """Wait until it is whole again; return what it went through.

        :param hit: the fault was to hit it. A crash comes some time after
            it was asked for, and the VNF is whole until then.
        :raises bed.Bad: it is not, after minutes.
        """
        try:
            if hit:
                bed.wait(
                    f"NHAM sees what hit {self.mechanism}",
                    lambda: _acted(self._new()),
                    _SEEN,
                )
            self.settle()
            self._wait_recovered()
            time.sleep(_SETTLED)
        finally:
            self._clients.close()
        new = self._new()
        acted = _acted(new)
        begin, end = self._client.silence(self._since)
        return Seen(
            outage=end - begin,
            rungs=tuple(one.rung for one in acted),
            doubts=len(new) - len(acted),
            trouble=tuple(self._trouble(acted)),
        )

    def server_of(self, role: str) -> str:
        """Return the server of the member that has a role."""
        return str(self._member(role)["server_id"])

    def crash(self, how: str) -> None:
        """Have the member that serves crash in one of the guest's ways."""
        address = self._address_of(self._member("primary"))
        vnf_.http_get(address, f"/cgi-bin/crash?{how}", 5.0)

    def host_of(self, role: str) -> str:
        """Return the host of the member that has a role."""
        return self._host(self._member(role))

    def record(self) -> list[str]:
        """Return where Tacker's record is not what Nova says, in words."""
        server_id = self._vnf.server_id()
        server = self._tacker.cloud.compute.find_server(server_id)
        if server is None:
            return [f"{server_id} of Tacker's record is unknown to Nova"]
        if server.status != "ACTIVE":
            return [f"{server_id} of Tacker's record is {server.status}"]
        return []

    def _policy(self) -> str:
        """See base class; here detection is that of a policy's defaults.

        When a part of the cloud dies, all others that ask for it load the
        machine so that emulated guests stand still for a second. How soon a
        failure can be found is measured by ``benchmarks.failover``.
        """
        text = super()._policy()
        if _HASTE not in text:
            raise bed.Bad(f"the policy of {self.mechanism} lacks {_HASTE!r}")
        return text.replace(_HASTE, _LEISURE)

    def _wait_recovered(self) -> None:
        bed.wait(
            f"{self.mechanism} has its state",
            lambda: self._has(self._note) or None,
            60,
            1.0,
        )

    def _recoveries(self) -> list[Any]:
        return self._reports.recoveries(self._id)

    def _new(self) -> list[Any]:
        found = [
            one for one in self._recoveries() if one.id not in self._known
        ]
        return found[::-1]

    def _trouble(self, new: list[Any]) -> list[str]:
        logs = actives.consoles(self._cloud, {*self._were, *self._servers()})
        moves = sum(one.rung in _MOVES for one in new)
        return actives.trouble(self._client.answered(logs), moves)


class Alone(Victim, others.Alone):
    """A VNF without replicas, whose disk is what its checkpoint holds."""

    killed = ("primary",)


def _acted(recoveries: Sequence[Any]) -> list[Any]:
    """Return those in which NHAM did something."""
    return [one for one in recoveries if one.state != "aborted"]


VICTIMS: dict[str, type[Victim]] = {
    "0R": Alone,
    "1R-AS": Victim,
    "1R-AA": Victim,
}
