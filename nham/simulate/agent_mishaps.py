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


"""What goes wrong with host agents in a seeded history."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING

from nham.adapters import errors
from nham.simulate import injection
from nham.simulate import mishaps
from nham.simulate import victims

if TYPE_CHECKING:
    from nham.simulate import history as history_


def _agent_dies(restarts: bool) -> mishaps.Mishap:
    """Return what kills an agent; without it, the watchdog bites."""

    def happen(history: history_.History, now: float) -> injection.Injection:
        assert history.lab.agents is not None
        host = history.agents_chance.choice(history.hosts)
        hurts = frozenset() if restarts else victims.on_host(history, host)
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
        one
        for each in history.instances
        for one in victims.servers(history, each)
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


_OF_AGENTS: tuple[mishaps.Mishap, ...] = (
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
            for place, known in victims.servers(history, instance_id):
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

        def happen(mishap: mishaps.Mishap = mishap) -> None:
            if not history.lab.memory.down:
                now = history.lab.clock.now()
                history.auditor.inject(mishap(history, now))

        history.lab.clock.call_in(chance.uniform(0, seconds), happen)
