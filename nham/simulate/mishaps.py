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
from typing import TYPE_CHECKING

from nham.adapters.simulated import records
from nham.core import states
from nham.simulate import injection
from nham.simulate import own_mishaps as own
from nham.simulate import victims

if TYPE_CHECKING:
    from nham.simulate import history as history_

Mishap = Callable[["history_.History", float], injection.Injection]


def _guest(name: str) -> Mishap:
    """Return what calls a fault of one server."""

    def happen(history: history_.History, now: float) -> injection.Injection:
        place, server_id = victims.victim(history)
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
        hurts = victims.on_host(history, host)
        getattr(history.world, name)(host)
        return injection.Injection(now, name, host, hurts)

    happen.__name__ = name
    return happen


_BY_TOKEN = ("nova", "glance", "cinder", "tacker", "neutron", "octavia")


def _api_down(history: history_.History, now: float) -> injection.Injection:
    system = history.chance.choice((*_BY_TOKEN, "hook"))
    history.world.api_down(system, history.chance.uniform(2.0, 40.0))
    return injection.Injection(now, "api_down", system)


def _keystone_down(
    history: history_.History, now: float
) -> injection.Injection:
    """Let all tokens be over, so that no service of the cloud can be asked."""
    seconds = history.chance.uniform(2.0, 40.0)
    for system in _BY_TOKEN:
        history.world.api_down(system, seconds)
    return injection.Injection(now, "keystone_down")


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


def _fail_together(
    history: history_.History, now: float
) -> injection.Injection:
    """Let all VMs of a host die, which lives on."""
    host = history.chance.choice(history.hosts)
    hurts = victims.on_host(history, host)
    for guest in [*history.world.physics.host(host).guests]:
        history.world.crash_vm(guest.server_id)
    return injection.Injection(now, "fail_together", host, hurts)


def _user_heal(history: history_.History, now: float) -> injection.Injection:
    place, _server_id = victims.victim(history)
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
    """Spoil what one checkpoint holds; the newest, by chance.

    Not while it is put back: it was proved to be whole just before, and
    nobody looks at what the cloud copies from then on. Nor one that a server
    was made of, which Nova copies by itself when that is evacuated.
    """
    store = history.lab.store
    checkpoint = history.chance.choice(store.checkpoints())
    images = {one.image_id for one in history.world.nova.servers.values()}
    if images & {part.id for part in checkpoint.artifacts}:
        raise LookupError(checkpoint.id)
    for running in store.recoveries(
        group_id=checkpoint.group_id, state=states.RecoveryState.RUNNING
    ):
        if any(
            record.step.args.get("checkpoint_id") == checkpoint.id
            for record in running.steps
        ):
            raise LookupError(checkpoint.id)
    history.lab.corrupt(checkpoint)
    return injection.Injection(now, "corrupt", checkpoint.id)


def _restart_compute(
    history: history_.History, now: float
) -> injection.Injection:
    host = history.chance.choice(history.hosts)
    history.world.kill_compute(host)
    history.world.start_compute(host, history.chance.uniform(5.0, 40.0))
    # It forgets what it was doing with the servers.
    return injection.Injection(
        now, "restart_compute", host, victims.on_host(history, host)
    )


def _user_start(history: history_.History, now: float) -> injection.Injection:
    servers = history.world.nova.servers.values()
    off = [s.id for s in servers if s.vm_state is records.VmState.STOPPED]
    history.world.user_start(history.chance.choice(off))
    return injection.Injection(now, "user_start")


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
    (own.operator_fences, 2),
    (_api_down, 5),
    (_keystone_down, 2),
    (_api_slow, 3),
    (_lost_answer, 5),
    (_corrupt, 4),
    (own.kill_engine, 8),
    (own.start_engine, 4),
    (own.freeze_engine, 3),
    (own.cut_observer, 3),
    (own.cut_observers, 2),
    (own.jump_clock, 2),
    (own.database_down, 3),
    (own.pause, 2),
    (own.pause_all, 1),
    (own.maintain, 3),
    (own.quarantine, 2),
    (_fail_together, 2),
)

MISHAPS = tuple(mishap for mishap, _weight in _TABLE)
WEIGHTS = tuple(weight for _mishap, weight in _TABLE)
