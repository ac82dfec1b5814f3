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


"""What a scenario may let happen, as one table.

The reader takes the allowed words and parameters from here, the player how
to do it, and the manual what it means.
"""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Mapping
import dataclasses
from typing import Any
from typing import TYPE_CHECKING

from nham.adapters.simulated import agents
from nham.adapters.simulated import gates
from nham.core import states

if TYPE_CHECKING:
    from nham.simulate import play as play_

Do = Callable[["play_.Player", Mapping[str, Any]], None]

#: The members of a VNFC with a standby that an act may name.
ROLES = (states.Role.PRIMARY.value, states.Role.STANDBY.value)
#: Kinds of targets: what is broken, or who does something.
TARGETS = {
    "vnfc": "VNF/VNFC, for instance fw/VDU1-0",
    "server": "VNF/VNFC, which is the server that the VNFM knows; or with "
    "a standby VNF/VNFC/primary or VNF/VNFC/standby",
    "vnf": "name of a VNF",
    "host": "name of a host",
    "engine": "number of an engine, from 1",
    "": "nothing",
}


@dataclasses.dataclass(frozen=True)
class Act:
    """One word after ``do``.

    :ivar target: one of ``TARGETS``.
    :ivar needs: its parameters: ``duration``, ``system``, ``text``,
        ``integer`` or ``boolean`` by name; all are required.
    """

    target: str
    meaning: str
    do: Do
    needs: Mapping[str, str] = dataclasses.field(default_factory=dict)


def _server(name: str, meaning: str) -> Act:
    def do(player: play_.Player, event: Mapping[str, Any]) -> None:
        getattr(player.lab.world, name)(player.server_id(event["target"]))

    return Act("server", meaning, do)


def _host(name: str, meaning: str) -> Act:
    def do(player: play_.Player, event: Mapping[str, Any]) -> None:
        getattr(player.lab.world, name)(event["target"])

    return Act("host", meaning, do)


def _service(name: str, meaning: str, **needs: str) -> Act:
    def do(player: play_.Player, event: Mapping[str, Any]) -> None:
        values = [event[key] for key in needs]
        getattr(player.lab.world, name)(*values)

    return Act("", meaning, do, needs)


def _user_heal(player: play_.Player, event: Mapping[str, Any]) -> None:
    vnf, _, vnfc = event["target"].partition("/")
    player.lab.world.user_heal(player.instances[vnf], vnfc)


def _user_terminate(player: play_.Player, event: Mapping[str, Any]) -> None:
    player.lab.world.user_terminate(player.instances[event["target"]])


def _corrupt(player: play_.Player, event: Mapping[str, Any]) -> None:
    group = player.group(event["target"])
    good = [states.CheckpointState.AVAILABLE]
    saved = player.lab.store.checkpoints(group_id=group, states=good)
    if not saved:
        raise LookupError("it has no checkpoint")
    player.lab.corrupt(saved[0])


def _refuse_state(refuses: bool) -> Do:
    def do(player: play_.Player, event: Mapping[str, Any]) -> None:
        server_id = player.server_id(event["target"])
        if refuses:
            player.lab.refusing.add(server_id)
        else:
            player.lab.refusing.discard(server_id)

    return do


def _pause(paused: bool) -> Do:
    def do(player: play_.Player, event: Mapping[str, Any]) -> None:
        player.lab.store.set_paused(player.vnf(event["target"]).id, paused)

    return do


def _pause_all(paused: bool) -> Do:
    def do(player: play_.Player, _event: Mapping[str, Any]) -> None:
        value = "by the scenario" if paused else None
        player.lab.store.set_setting("paused", value)

    return do


def _fenced(player: play_.Player, event: Mapping[str, Any]) -> None:
    player.lab.say_fenced(event["target"], "operator: it is off")


def _begin_maintenance(player: play_.Player, event: Mapping[str, Any]) -> None:
    now = player.lab.clock.now()
    player.lab.store.begin_maintenance(event["target"], now, "by the scenario")


def _end_maintenance(player: play_.Player, event: Mapping[str, Any]) -> None:
    player.lab.store.end_maintenance(event["target"])


def _kill_engine(player: play_.Player, event: Mapping[str, Any]) -> None:
    player.lab.engines[event["target"] - 1].kill()


def _start_engine(player: play_.Player, _event: Mapping[str, Any]) -> None:
    player.lab.start_engine()


def _freeze_engine(player: play_.Player, event: Mapping[str, Any]) -> None:
    player.lab.engines[event["target"] - 1].freeze(event["for"])


def _cut_engine(player: play_.Player, event: Mapping[str, Any]) -> None:
    world = player.lab.world
    name = player.lab.engines[event["target"] - 1].name
    world.cut_observer(name)
    player.lab.clock.call_in(event["for"], lambda: world.mend_observer(name))


def _database_down(player: play_.Player, event: Mapping[str, Any]) -> None:
    memory = player.lab.memory
    memory.down = True

    def up() -> None:
        memory.down = False

    player.lab.clock.call_in(event["for"], up)


def _net(player: play_.Player) -> agents.AgentNet:
    if player.lab.agents is None:
        raise LookupError("the hosts have no agents")
    return player.lab.agents


def _kill_agent(restarts: bool) -> Do:
    def do(player: play_.Player, event: Mapping[str, Any]) -> None:
        _net(player).agents[event["target"]].kill(restarts)

    return do


def _replay(player: play_.Player, _event: Mapping[str, Any]) -> None:
    _net(player).replay()


def _flood(player: play_.Player, event: Mapping[str, Any]) -> None:
    _net(player).flood(event["number"])


_FOR = {"for": "duration"}

ACTS: dict[str, Act] = {
    "crash_app": _server("crash_app", "The application ends."),
    "hang_app": _server("hang_app", "The application answers no more."),
    "mend_app": _server("mend_app", "The application comes back by itself."),
    "crash_vm": _server("crash_vm", "The guest's QEMU is killed."),
    "guest_poweroff": _server("guest_poweroff", "The guest turns itself off."),
    "hang_guest": _server("hang_guest", "The guest's kernel stops."),
    "panic_guest": _server("panic_guest", "The guest reboots itself."),
    "lose_disk": _server("lose_disk", "The root disk cannot be read."),
    "server_error": _server("server_error", "Nova puts it into ERROR."),
    "user_stop": _server("user_stop", "Its user stops it in Nova."),
    "user_start": _server("user_start", "Its user starts it in Nova."),
    "user_pause": _server("user_pause", "Its user pauses it in Nova."),
    "user_unpause": _server("user_unpause", "Its user unpauses it in Nova."),
    "delete_server_behind": _server(
        "delete_server_behind", "It is deleted in Nova, behind Tacker."
    ),
    "user_heal": Act(
        "vnfc", "Its user heals it in Tacker, without a state.", _user_heal
    ),
    "user_terminate": Act(
        "vnf", "Its user terminates it in Tacker.", _user_terminate
    ),
    "corrupt_checkpoint": Act(
        "vnfc", "Its newest checkpoint goes bad where it is kept.", _corrupt
    ),
    "refuse_state": Act(
        "server", "It takes in no state that it is given.", _refuse_state(True)
    ),
    "take_state": Act(
        "server", "It takes in a state again.", _refuse_state(False)
    ),
    "pause": Act("vnf", "NHAM is told to leave it alone.", _pause(True)),
    "resume": Act("vnf", "NHAM may act on it again.", _pause(False)),
    "pause_all": Act("", "NHAM is told to do nothing.", _pause_all(True)),
    "resume_all": Act("", "NHAM may act again.", _pause_all(False)),
    "power_off_host": _host("power_off_host", "A host loses its power."),
    "power_on_host": _host("power_on_host", "A host gets its power back."),
    "kill_compute": _host("kill_compute", "Its nova-compute is killed."),
    "start_compute": _host("start_compute", "Its nova-compute is started."),
    "partition_host": _host("partition_host", "Its network is cut."),
    "heal_partition": _host("heal_partition", "Its network is mended."),
    "forbid_fence": _host("forbid_fence", "Nothing can turn it off."),
    "break_fence": _host("break_fence", "Turning it off does not work."),
    "say_fenced": Act("host", "An operator says that it is off.", _fenced),
    "begin_maintenance": Act(
        "host", "An operator begins to work on it.", _begin_maintenance
    ),
    "end_maintenance": Act(
        "host", "An operator is done with it.", _end_maintenance
    ),
    "kill_agent": Act(
        "host",
        "Its agent is killed, and its watchdog resets it.",
        _kill_agent(restarts=False),
    ),
    "restart_agent": Act(
        "host",
        "Its agent is killed, and is started again.",
        _kill_agent(restarts=True),
    ),
    "replay_agents": Act(
        "", "All that was heard of agents lately is sent again.", _replay
    ),
    "flood_agents": Act(
        "",
        "So many datagrams of noise come as if from agents.",
        _flood,
        {"number": "integer"},
    ),
    "api_down": _service(
        "api_down", "A service answers nothing.", system="system", **_FOR
    ),
    "api_slow": _service(
        "api_slow",
        "Each call of a service takes longer.",
        system="system",
        **_FOR,
        delay="duration",
    ),
    "api_error_once": _service(
        "api_error_once",
        "One call fails; if `after`, it is done and the answer is lost.",
        system="system",
        call="text",
        after="boolean",
    ),
    "lose_notifications": _service(
        "lose_notifications", "Tacker's notifications get lost.", **_FOR
    ),
    "database_down": Act(
        "", "NHAM's database cannot be reached.", _database_down, _FOR
    ),
    "kill_engine": Act("engine", "An engine is killed.", _kill_engine),
    "start_engine": Act("", "One more engine is started.", _start_engine),
    "freeze_engine": Act(
        "engine", "An engine stands still.", _freeze_engine, _FOR
    ),
    "cut_engine": Act(
        "engine", "An engine loses its network.", _cut_engine, _FOR
    ),
}

SYSTEMS = gates.SYSTEMS
