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


"""What goes wrong in a seeded history, and how often.

Each mishap picks its victim by chance and tells whom it may hurt. One that
is impossible at the moment raises, and nothing happens.
"""

from __future__ import annotations

from collections.abc import Callable
import contextlib
from typing import TYPE_CHECKING

from nham.adapters import errors
from nham.adapters.simulated import records
from nham.simulate import injection

if TYPE_CHECKING:
    from nham.simulate import history as history_

Mishap = Callable[["history_.History", float], injection.Injection]


def _victim(history: history_.History) -> tuple[injection.Place, str]:
    """Return a VNFC and its server, or NHAM's own server for it."""
    instance_id = history.chance.choice(history.instances)
    return history.chance.choice(_servers(history, instance_id))


def _servers(
    history: history_.History, instance_id: str
) -> list[tuple[injection.Place, str]]:
    """Return the servers of a VNF's VNFCs, those of NHAM's own too."""
    found = []
    for vnfc in history.world.tacker.get(instance_id).vnfcs:
        found.append(((instance_id, vnfc.record().name), vnfc.server_id))
    for place, group in injection.places(history.lab).items():
        if place[0] == instance_id:
            for member in history.lab.store.members(group_id=group.id):
                if member.kind == "server" and member.server_id:
                    found.append((place, member.server_id))
    return found


def _on_host(
    history: history_.History, host: str
) -> frozenset[injection.Place]:
    """Return the VNFCs that Nova, or the truth, has on a host."""
    found = set()
    for instance_id in history.instances:
        for place, server_id in _servers(history, instance_id):
            guests = history.world.physics.guests_of(server_id)
            server = history.world.nova.servers[server_id]
            if host in (server.host, *(guest.host for guest in guests)):
                found.add(place)
    return frozenset(found)


def _guest(name: str) -> Mishap:
    """Return what calls a fault of one server."""

    def happen(history: history_.History, now: float) -> injection.Injection:
        place, server_id = _victim(history)
        getattr(history.world, name)(server_id)
        return injection.Injection(
            now, name, "/".join(place), frozenset({place})
        )

    happen.__name__ = name
    return happen


def _host(name: str) -> Mishap:
    """Return what calls a fault of one host."""

    def happen(history: history_.History, now: float) -> injection.Injection:
        host = history.chance.choice(history.hosts)
        hurts = _on_host(history, host)
        getattr(history.world, name)(host)
        return injection.Injection(now, name, host, hurts)

    happen.__name__ = name
    return happen


def _api_down(history: history_.History, now: float) -> injection.Injection:
    system = history.chance.choice(
        ("nova", "glance", "cinder", "tacker", "neutron", "octavia", "hook")
    )
    history.world.api_down(system, history.chance.uniform(2.0, 40.0))
    return injection.Injection(now, "api_down", system)


def _api_slow(history: history_.History, now: float) -> injection.Injection:
    system = history.chance.choice(("nova", "tacker", "neutron", "hook"))
    history.world.api_slow(
        system, history.chance.uniform(5.0, 20.0), delay=1.0
    )
    return injection.Injection(now, "api_slow", system)


_LOSABLE = (
    ("nova", "reboot"),
    ("nova", "start"),
    ("nova", "rebuild"),
    ("nova", "evacuate"),
    ("nova", "create_image"),
    ("nova", "delete_server"),
    ("nova", "force_down"),
    ("nova", "stop"),
    ("nova", "copy_server"),
    ("tacker", "heal"),
    ("neutron", "copy_port"),
    ("neutron", "create_floating_ip"),
    ("neutron", "enable_port"),
    ("neutron", "point_floating_ip"),
    ("neutron", "allow_address"),
    ("neutron", "give_address"),
    ("neutron", "take_address"),
    ("neutron", "admit"),
    ("neutron", "withdraw"),
    ("octavia", "admit"),
    ("octavia", "withdraw"),
    ("hook", "claim"),
    ("hook", "export_state"),
    ("hook", "import_state"),
)


def _lost_answer(history: history_.History, now: float) -> injection.Injection:
    system, call = history.chance.choice(_LOSABLE)
    history.world.api_error_once(
        system, call, after=history.chance.random() < 0.7
    )
    return injection.Injection(now, "api_error_once", call)


def _kill_engine(history: history_.History, now: float) -> injection.Injection:
    """Kill an engine, now or in the middle of its next work."""
    runner = history.chance.choice(history.lab.alive)
    countdown = history.chance.choice((0, 0, 1, 2, 3, 5, 8, 13))
    delay = history.chance.uniform(0.0, 15.0)

    def kill() -> None:
        runner.kill()
        history.lab.clock.call_in(delay, history.keep_alive)

    def on_moment(_moment: str) -> None:
        nonlocal countdown
        countdown -= 1
        if countdown == 0:
            kill()

    if countdown:
        runner.process.on_moment = on_moment
    else:
        kill()
    return injection.Injection(now, "kill_engine", runner.name)


def _start_engine(
    history: history_.History, now: float
) -> injection.Injection:
    if len(history.lab.alive) > 2:
        raise LookupError("enough engines run")
    return injection.Injection(
        now, "start_engine", history.lab.start_engine().name
    )


def _freeze_engine(
    history: history_.History, now: float
) -> injection.Injection:
    runner = history.chance.choice(history.lab.alive)
    seconds = history.chance.uniform(1.0, 20.0)
    runner.freeze(seconds)
    return injection.Injection(now, "freeze_engine", runner.name)


def _cut_observer(
    history: history_.History, now: float
) -> injection.Injection:
    runner = history.chance.choice(history.lab.alive)
    history.world.cut_observer(runner.name)
    history.lab.clock.call_in(
        history.chance.uniform(3.0, 30.0),
        lambda: history.world.mend_observer(runner.name),
    )
    return injection.Injection(now, "cut_observer", runner.name)


def _database_down(
    history: history_.History, now: float
) -> injection.Injection:
    memory = history.lab.memory
    memory.down = True

    def up() -> None:
        memory.down = False

    history.lab.clock.call_in(history.chance.uniform(1.0, 15.0), up)
    return injection.Injection(now, "database_down")


def _pause(history: history_.History, now: float) -> injection.Injection:
    vnf = history.chance.choice(history.lab.store.vnfs())
    history.lab.store.set_paused(vnf.id, True)
    return injection.Injection(now, "pause", vnf.name)


def _pause_all(history: history_.History, now: float) -> injection.Injection:
    history.lab.store.set_setting("paused", "by an operator")
    return injection.Injection(now, "pause_all")


def _maintain(history: history_.History, now: float) -> injection.Injection:
    """Let an operator work on a host for a while."""
    host = history.chance.choice(history.hosts)
    store = history.lab.store
    hurts = _on_host(history, host)
    if not store.begin_maintenance(host, now, "by chance"):
        raise LookupError("it is worked on already")

    def end() -> None:
        if history.lab.memory.down:
            history.lab.clock.call_in(1.0, end)
            return
        store.end_maintenance(host)
        history.auditor.inject(
            injection.Injection(
                history.lab.clock.now(),
                "maintained",
                host,
                _on_host(history, host),
            )
        )

    history.lab.clock.call_in(history.chance.uniform(10.0, 60.0), end)
    return injection.Injection(now, "maintain", host, hurts)


def _fail_together(
    history: history_.History, now: float
) -> injection.Injection:
    """Let all VMs of a host die, which lives on."""
    host = history.chance.choice(history.hosts)
    hurts = _on_host(history, host)
    for guest in [*history.world.physics.host(host).guests]:
        history.world.crash_vm(guest.server_id)
    return injection.Injection(now, "fail_together", host, hurts)


def _user_heal(history: history_.History, now: float) -> injection.Injection:
    place, _server_id = _victim(history)
    history.world.user_heal(*place)
    # The heal may come to nothing on a dead host, and the VNFC with it.
    return injection.Injection(
        now, "user_heal", "/".join(place), frozenset({place})
    )


def _user_terminate(
    history: history_.History, now: float
) -> injection.Injection:
    instance_id = history.chance.choice(history.instances)
    history.world.user_terminate(instance_id)
    history.instances.remove(instance_id)
    return injection.Injection(now, "user_terminate", instance_id)


def _user_scale_in(
    history: history_.History, now: float
) -> injection.Injection:
    instance_id = history.chance.choice(history.instances)
    if len(history.world.tacker.get(instance_id).vnfcs) < 2:
        raise LookupError("it has one VNFC only")
    history.world.user_scale(instance_id, "VDU1", out=False)
    return injection.Injection(now, "user_scale_in", instance_id)


def _corrupt(history: history_.History, now: float) -> injection.Injection:
    """Spoil what one checkpoint holds; the newest, by chance."""
    checkpoint = history.chance.choice(history.lab.store.checkpoints())
    history.lab.corrupt(checkpoint)
    return injection.Injection(now, "corrupt", checkpoint.id)


def _operator_fences(
    history: history_.History, now: float
) -> injection.Injection:
    """Let an operator say truly that a host is off."""
    off = [h.name for h in history.world.physics.hosts.values() if not h.power]
    name = history.chance.choice(off)
    history.lab.say_fenced(name, "operator")
    return injection.Injection(now, "operator_fences", name)


def _restart_compute(
    history: history_.History, now: float
) -> injection.Injection:
    host = history.chance.choice(history.hosts)
    history.world.kill_compute(host)
    history.world.start_compute(host, history.chance.uniform(5.0, 40.0))
    # It forgets what it was doing with the servers.
    return injection.Injection(
        now, "restart_compute", host, _on_host(history, host)
    )


def _user_start(history: history_.History, now: float) -> injection.Injection:
    servers = history.world.nova.servers.values()
    off = [s.id for s in servers if s.vm_state is records.VmState.STOPPED]
    history.world.user_start(history.chance.choice(off))
    return injection.Injection(now, "user_start")


def _agent_dies(restarts: bool) -> Mishap:
    """Return what kills an agent; without it, the watchdog bites."""

    def happen(history: history_.History, now: float) -> injection.Injection:
        assert history.lab.agents is not None
        host = history.agents_chance.choice(history.hosts)
        hurts = frozenset() if restarts else _on_host(history, host)
        history.lab.agents.agents[host].kill(restarts)
        return injection.Injection(now, "agent_dies", host, hurts)

    return happen


def _replay(history: history_.History, now: float) -> injection.Injection:
    assert history.lab.agents is not None
    history.lab.agents.replay()
    return injection.Injection(now, "replay")


def _flood(history: history_.History, now: float) -> injection.Injection:
    assert history.lab.agents is not None
    history.lab.agents.flood(50)
    return injection.Injection(now, "flood")


def _started_again(
    history: history_.History, now: float
) -> injection.Injection:
    """Kill a QEMU, and let the server's user start it again just after."""
    chance = history.agents_chance
    found = [
        one for each in history.instances for one in _servers(history, each)
    ]
    if not found:
        return injection.Injection(now, "started_again")
    place, server_id = chance.choice(found)
    history.world.crash_vm(server_id)

    def start() -> None:
        with contextlib.suppress(errors.AdapterError):
            history.world.user_reboot(server_id)

    history.lab.clock.call_in(chance.uniform(0.1, 5.0), start)
    return injection.Injection(
        now, "started_again", server_id, frozenset({place})
    )


_OF_AGENTS: tuple[Mishap, ...] = (
    _started_again,
    _agent_dies(restarts=True),
    _agent_dies(restarts=False),
    _replay,
    _flood,
)


def listen_to_leases(history: history_.History) -> None:
    """Take each guest that ends for want of a lease as a fault of its own."""
    if history.lab.agents is None:
        return

    def ended(server_id: str, at: float | None = None) -> None:
        now = at or history.lab.clock.now()
        if history.lab.memory.down:
            # Whose server it is, is asked when somebody can tell.
            history.lab.clock.call_in(1.0, lambda: ended(server_id, now))
            return
        for instance_id in history.instances:
            for place, known in _servers(history, instance_id):
                if known == server_id:
                    history.auditor.inject(
                        injection.Injection(
                            now, "lease_ended", server_id, frozenset({place})
                        )
                    )

    for agent in history.lab.agents.agents.values():
        agent.on_end = ended


def trouble_agents(history: history_.History, seconds: float) -> None:
    """Let some things go wrong with the agents, if there are any."""
    if history.lab.agents is None:
        return
    chance = history.agents_chance
    for _ in range(chance.randint(0, 3)):
        mishap = chance.choice(_OF_AGENTS)

        def happen(mishap: Mishap = mishap) -> None:
            if not history.lab.memory.down:
                now = history.lab.clock.now()
                history.auditor.inject(mishap(history, now))

        history.lab.clock.call_in(chance.uniform(0, seconds), happen)


_TABLE: tuple[tuple[Mishap, int], ...] = (
    (_guest("crash_vm"), 6),
    (_guest("guest_poweroff"), 3),
    (_guest("hang_app"), 4),
    (_guest("crash_app"), 6),
    (_guest("mend_app"), 1),
    (_guest("hang_guest"), 4),
    (_guest("panic_guest"), 3),
    (_guest("lose_disk"), 3),
    (_guest("server_error"), 3),
    (_guest("user_stop"), 3),
    (_user_start, 1),
    (_guest("delete_server_behind"), 2),
    (_user_heal, 2),
    (_user_terminate, 1),
    (_user_scale_in, 1),
    (_host("power_off_host"), 8),
    (_host("power_on_host"), 3),
    (_host("kill_compute"), 2),
    (_host("start_compute"), 1),
    (_restart_compute, 1),
    (_host("partition_host"), 5),
    (_host("heal_partition"), 2),
    (_host("forbid_fence"), 2),
    (_host("break_fence"), 1),
    (_operator_fences, 2),
    (_api_down, 5),
    (_api_slow, 3),
    (_lost_answer, 5),
    (_corrupt, 4),
    (_kill_engine, 8),
    (_start_engine, 4),
    (_freeze_engine, 3),
    (_cut_observer, 3),
    (_database_down, 3),
    (_pause, 2),
    (_pause_all, 1),
    (_maintain, 3),
    (_fail_together, 2),
)

MISHAPS = tuple(mishap for mishap, _weight in _TABLE)
WEIGHTS = tuple(weight for _mishap, weight in _TABLE)
