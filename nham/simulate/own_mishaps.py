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


"""What goes wrong with NHAM itself in a history, and what operators ask."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nham.simulate import injection
from nham.simulate import victims

if TYPE_CHECKING:
    from nham.simulate import history as history_


def kill_engine(history: history_.History, now: float) -> injection.Injection:
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


def start_engine(history: history_.History, now: float) -> injection.Injection:
    if len(history.lab.alive) > 2:
        raise LookupError("enough engines run")
    return injection.Injection(
        now, "start_engine", history.lab.start_engine().name
    )


def freeze_engine(
    history: history_.History, now: float
) -> injection.Injection:
    runner = history.chance.choice(history.lab.alive)
    seconds = history.chance.uniform(1.0, 20.0)
    runner.freeze(seconds)
    return injection.Injection(now, "freeze_engine", runner.name)


def cut_observer(history: history_.History, now: float) -> injection.Injection:
    runner = history.chance.choice(history.lab.alive)
    history.world.cut_observer(runner.name)
    history.lab.clock.call_in(
        history.chance.uniform(3.0, 30.0),
        lambda: history.world.mend_observer(runner.name),
    )
    return injection.Injection(now, "cut_observer", runner.name)


def cut_observers(
    history: history_.History, now: float
) -> injection.Injection:
    """Cut all engines off from what they watch, and nobody else."""
    world, names = history.world, [one.name for one in history.lab.alive]

    def mend() -> None:
        for name in names:
            world.mend_observer(name)

    for name in names:
        world.cut_observer(name)
    history.lab.clock.call_in(history.chance.uniform(3.0, 30.0), mend)
    return injection.Injection(now, "cut_observers")


def jump_clock(history: history_.History, _now: float) -> injection.Injection:
    """Set the clock of the day, which all machines go by.

    Only forward: the checker knows by that clock what came first.
    """
    history.lab.clock.jump(history.chance.choice((20.0, 300.0, 7200.0)))
    return injection.Injection(history.lab.clock.now(), "jump_clock")


def database_down(
    history: history_.History, now: float
) -> injection.Injection:
    memory = history.lab.memory
    memory.down = True

    def up() -> None:
        memory.down = False

    history.lab.clock.call_in(history.chance.uniform(1.0, 15.0), up)
    return injection.Injection(now, "database_down")


def pause(history: history_.History, now: float) -> injection.Injection:
    vnf = history.chance.choice(history.lab.store.vnfs())
    history.lab.store.set_paused(vnf.id, True)
    return injection.Injection(now, "pause", vnf.name)


def pause_all(history: history_.History, now: float) -> injection.Injection:
    history.lab.store.set_setting("paused", "by an operator")
    return injection.Injection(now, "pause_all")


def maintain(history: history_.History, now: float) -> injection.Injection:
    """Let an operator work on a host for a while."""
    host = history.chance.choice(history.hosts)
    store = history.lab.store
    hurts = victims.on_host(history, host)
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
                victims.on_host(history, host),
            )
        )

    history.lab.clock.call_in(history.chance.uniform(10.0, 60.0), end)
    return injection.Injection(now, "maintain", host, hurts)


def quarantine(history: history_.History, now: float) -> injection.Injection:
    """Let an operator put a host in quarantine, until all is mended."""
    host = history.chance.choice(history.hosts)
    hurts = victims.on_host(history, host)
    if not history.lab.store.quarantine(host, now, "by chance"):
        raise LookupError("it is in quarantine already")
    return injection.Injection(now, "quarantine", host, hurts)


def operator_fences(
    history: history_.History, now: float
) -> injection.Injection:
    """Let an operator say truly that a host is off."""
    off = [h.name for h in history.world.physics.hosts.values() if not h.power]
    name = history.chance.choice(off)
    history.lab.say_fenced(name, "operator")
    return injection.Injection(now, "operator_fences", name)
