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

"""The engines' commands: each is done once, and proved.

The engine sends a command until it has its result; the agent remembers the
results of the latest, so that doing one twice is doing it once. A command
of an older epoch than one seen is refused: whoever sends it was overtaken.
"""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Collection
import dataclasses

from nham.agent import processes as processes_
from nham.agent import stops as stops_
from nham.core.agent import messages
from nham.core.agent import wire

#: Results that are remembered; the oldest go first.
REMEMBERED = 256
#: Seconds after which a guest that is not gone is said to be so.
PROVED_WITHIN = 5.0


@dataclasses.dataclass(frozen=True)
class Outcome:
    """How a command ended."""

    ok: bool
    gone: tuple[str, ...] = ()
    detail: str = ""


@dataclasses.dataclass
class _Order:
    command: messages.Command
    until: float
    #: The servers that it is about; of stop_all also what came later.
    servers: set[str]
    outcome: Outcome | None = None


class Orders:
    """The commands of all engines.

    :param look: looks for these servers, and all that are known, among all
        processes of the host: no proof rests on libvirt's pid files.
    :param epochs: by server, the highest that was seen.
    """

    def __init__(
        self,
        processes: processes_.Processes,
        stops: stops_.Stops,
        look: Callable[[Collection[str]], None],
        epochs: dict[str, int],
    ) -> None:
        self._processes = processes
        self._stops = stops
        self._look = look
        self.epochs = epochs
        self._orders: dict[str, _Order] = {}

    def begin(self, command: messages.Command, now: float) -> bool:
        """Begin a command, unless it is known; say if epochs changed."""
        if command.command_id in self._orders:
            return False
        one = command.action is messages.Action.STOP_GUEST
        order = _Order(
            command, now + PROVED_WITHIN, {command.server_id} if one else set()
        )
        self._remember(order)
        known = self.epochs.get(command.server_id, 0)
        if one and command.epoch < known:
            order.outcome = Outcome(
                False,
                detail=f"epoch {command.epoch} is older than {known}, which "
                "was seen",
            )
            return False
        changed = one and command.epoch > known
        if changed:
            self.epochs[command.server_id] = command.epoch
        return changed

    def tick(self, now: float) -> None:
        """Go on with what is not done."""
        for order in self._orders.values():
            if order.outcome is None:
                self._go_on(order, now)

    def busy(self) -> bool:
        """Say whether ``tick`` has something to do."""
        return any(one.outcome is None for one in self._orders.values())

    def outcome(self, command_id: str) -> Outcome | None:
        """Return how a command ended; None: it has not, or is unknown."""
        order = self._orders.get(command_id)
        return None if order is None else order.outcome

    def _go_on(self, order: _Order, now: float) -> None:
        if not order.servers & self._processes.servers():
            self._look(order.servers)
        running = self._processes.servers()
        wanted = order.command.action
        if wanted is messages.Action.STOP_ALL:
            order.servers |= running
        left = sorted(order.servers & running)
        for server_id in left:
            self._stops.begin(server_id, f"{wanted.value} by an engine", now)
        gone = tuple(sorted(order.servers - running))
        if not left:
            order.outcome = Outcome(True, gone)
        elif now >= order.until:
            why = self._stops.wrong(left[0]) or "its process does not end"
            order.outcome = Outcome(
                False,
                gone,
                messages.short(f"{len(left)} left, {left[0]}: {why}"),
            )

    def _remember(self, order: _Order) -> None:
        self._orders[order.command.command_id] = order
        if len(self._orders) > REMEMBERED:
            del self._orders[next(iter(self._orders))]


def results(
    command_id: str, outcome: Outcome, host: str, boot: str
) -> list[messages.Result]:
    """Return what an engine is told of an outcome, in parts."""
    parts = wire.parts(outcome.gone)
    return [
        messages.Result(
            host=host,
            boot=boot,
            sequence=0,
            command_id=command_id,
            ok=outcome.ok,
            part=number,
            parts=len(parts),
            gone=part,
            detail=outcome.detail,
        )
        for number, part in enumerate(parts)
    ]
