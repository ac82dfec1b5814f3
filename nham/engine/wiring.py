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

"""Puts an engine together from its configuration.

The drivers come from stevedore, so that another package can bring more.
"""

from __future__ import annotations

from collections.abc import Callable
import functools
import os
from typing import Any
import uuid

from keystoneauth1 import loading
from openstack import connection
from oslo_config import cfg
from stevedore import driver

from nham.adapters import clock as clock_
from nham.adapters import errors
from nham.adapters.agents import base as agents_
from nham.adapters.agents import keys
from nham.adapters.agents import none
from nham.adapters.agents import udp
from nham.adapters.checkpoints import base as checkpoints
from nham.adapters.fencing import base as fencing
from nham.adapters.fencing import bounded
from nham.adapters.hooks import base as hooks
from nham.adapters.hooks import by_transport
from nham.adapters.hooks import secrets
from nham.adapters.plugger import base as plugger_
from nham.adapters.plugger import unix
from nham.adapters.probes import network
from nham.adapters.stores import configured as stores
from nham.adapters.traffic import base as traffic
from nham.adapters.vim import base as vim_base
from nham.adapters.vnfm import base as vnfm_base
from nham.core import facts
from nham.core.agent import exchange as exchange_
from nham.core.agent import terms
from nham.core.detection import estimators
from nham.db import store as store_
from nham.engine import checkpointing
from nham.engine import engine as engine_
from nham.engine import entries
from nham.engine import settings as settings_
from nham.engine import watch as watch_
from nham.recovery import context
from nham.recovery import endpoints

#: Drivers that fence hosts by the agents, and the one that fences members.
AGENTS_FENCE = ("agent", "lease")
AGENTS_FENCE_MEMBERS = ("agent",)


def settings(conf: cfg.ConfigOpts) -> settings_.Settings:
    """Return the engine's settings."""
    return settings_.Settings(
        host=conf.host,
        nova_poll_interval=conf.detection.nova_poll_interval,
        reconcile_interval=conf.tacker.reconcile_interval,
        host_probe=conf.detection.host_probe,
        host_probe_port=conf.detection.host_probe_port,
        host_probe_interval=conf.detection.host_probe_interval,
        host_probe_misses=conf.detection.host_probe_misses,
        observer_lag=conf.detection.observer_lag,
        lease=conf.recovery.lease,
        runner_poll=conf.recovery.poll,
        workers=conf.recovery.workers,
        orphan_grace=conf.recovery.orphan_grace,
        guard_window=conf.guards.window,
        host_probation=conf.guards.host_probation,
        tolerated_healers=frozenset(conf.guards.tolerated_healers),
        limits=facts.Limits(
            share=conf.guards.share,
            recoveries=conf.guards.recoveries,
            host_parallel=conf.guards.host_parallel,
            correlated_members=conf.guards.correlated_members,
            correlated_vnfs=conf.guards.correlated_vnfs,
            host_faults=conf.guards.host_faults,
            fail_stuck=conf.tacker.fail_stuck_operations,
            image_pause=conf.guards.image_pause,
        ),
        checkpoints_parallel=conf.checkpoints.parallel,
        checkpoint_timeout=conf.checkpoints.timeout,
    )


def cloud(conf: cfg.ConfigOpts) -> connection.Connection:
    """Return a connection to the OpenStack that the VNFs run in."""
    if conf.cloud.cloud:
        return connection.Connection(cloud=conf.cloud.cloud)
    loading.register_auth_conf_options(conf, "cloud")
    auth = loading.load_auth_from_conf_options(conf, "cloud")
    own = conf.cloud
    session = loading.session.Session().load_from_options(
        auth=auth,
        insecure=own.insecure,
        cacert=own.cafile,
        cert=own.certfile,
        key=own.keyfile,
    )
    return connection.Connection(
        session=session,
        region_name=own.region_name,
        interface=own.interface,
    )


def engine(
    conf: cfg.ConfigOpts,
    store: store_.Store,
    clock: clock_.Clock,
    start: Callable[[str], None],
    submit: checkpointing.Submit,
    on_news: Callable[[], None] = lambda: None,
) -> engine_.Engine:
    """Return an engine that talks to the configured cloud.

    :param on_news: called when a host's agent has told what matters now.
    :raises errors.Refused: the agents' keys cannot be used.
    :raises OSError: the agents' address cannot be listened at.
    """
    reached = cloud(conf)
    timeout = conf.cloud.read_timeout
    vim: vim_base.Vim = _load("nham.vim", "openstack", reached, timeout)
    vnfms: dict[str, vnfm_base.Vnfm] = {}
    if conf.tacker.enabled:
        vnfms["tacker"] = _load("nham.vnfm", "tacker", reached, timeout)
    set_up = settings(conf)
    locate = endpoints.Endpoints(
        store, vim, functools.partial(secrets.read, conf.hooks.secrets_dir)
    )
    # The prober must not wait for what changes the host.
    plugger = _plugger(conf)
    prober = network.NetworkProber(plugger=_plugger(conf))
    estimate = estimating()
    listened = agents(conf, clock, on_news)
    hook = _hook(listened)
    ctx = context.Context(
        store=store,
        vim=vim,
        vnfms=vnfms,
        fencing=fencing_means(conf, listened, store, clock),
        member_fencing=member_fencing_means(conf, vim, listened, clock),
        fencing_patience=conf.fencing.patience,
        agents=listened,
        engines=_engines(conf, vim, store, hook, locate),
        watch=watch_.Watch(prober, clock, set_up, estimate),
        clock=clock,
        movers=_movers(vim, hook, locate),
        spreaders={
            name: _load("nham.traffic", name, reached, timeout)
            for name in ("ecmp", "octavia")
        },
    )
    return engine_.Engine(
        ctx,
        prober,
        set_up,
        start,
        submit=submit,
        estimate=estimate,
        plugger=plugger,
    )


def _plugger(conf: cfg.ConfigOpts) -> plugger_.Plugger | None:
    """Return what plugs probe ports; None: nothing does here."""
    path = conf.detection.plugger_socket
    return unix.UnixPlugger(path) if path else None


def _hook(listened: agents_.Agents) -> hooks.Hook:
    return by_transport.ByTransport(
        http=_load("nham.hooks", "http"),
        guest_agent=_load("nham.hooks", "guest_agent", listened),
    )


def estimating() -> entries.MakeEstimator:
    """Return what makes the estimators, of the drivers that are there."""
    drivers: dict[str, Any] = {
        name: driver.DriverManager(
            "nham.detectors", name, warn_on_missing_entrypoint=False
        ).driver
        for name in estimators.BUILT_IN
    }
    return functools.partial(entries.estimate, drivers)


def _engines(
    conf: cfg.ConfigOpts,
    vim: vim_base.Vim,
    store: store_.Store,
    hook: hooks.Hook,
    locate: endpoints.Endpoints,
) -> dict[str, checkpoints.CheckpointEngine]:
    """Return the checkpoint engines by their names."""
    found: dict[str, checkpoints.CheckpointEngine] = {
        name: _load("nham.checkpoints", name, vim)
        for name in ("image", "volume")
    }
    found["hook"] = _load(
        "nham.checkpoints",
        "hook",
        vim,
        hook,
        stores.load(conf, store),
        locate,
    )
    return found


def _movers(
    vim: vim_base.Vim, hook: hooks.Hook, locate: endpoints.Endpoints
) -> dict[str, traffic.Mover]:
    """Return what moves service addresses, by the words of descriptors."""
    found: dict[str, traffic.Mover] = {
        name: _load("nham.traffic", name, vim)
        for name in ("fixed_ip", "floating_ip")
    }
    found["vip"] = _load("nham.traffic", "vip", vim, hook, locate)
    return found


def agents(
    conf: cfg.ConfigOpts, clock: clock_.Clock, on_news: Callable[[], None]
) -> agents_.Agents:
    """Return what listens to the hosts' agents.

    :raises errors.Refused: see ``engine``; or fencing needs agents, and
        none are listened to.
    """
    own = conf.agent
    if not own.bind_port:
        _refuse_without_agents(conf)
        return none.NoAgents()
    exchange = exchange_.Exchange(
        # The same in each life, and another one for each engine.
        engine=conf.host,
        life=uuid.uuid4().hex,
        secret=os.urandom(32),
        terms=terms.Terms(
            interval=own.heartbeat_interval,
            misses=own.misses,
            lease=own.lease,
            drift=own.drift,
            stop=own.stop_allowance,
            need_watchdog=own.need_watchdog,
        ),
    )
    ring = keys.read(own.keys_file)
    return udp.UdpAgents(
        exchange, ring, own.bind_host, own.bind_port, clock, on_news
    )


def _refuse_without_agents(conf: cfg.ConfigOpts) -> None:
    """See that no driver is configured which needs agents.

    :raises errors.Refused: one is.
    """
    for option, needy in (
        ("host_drivers", AGENTS_FENCE),
        ("member_drivers", AGENTS_FENCE_MEMBERS),
    ):
        for name in needy:
            if name in conf.fencing[option]:
                raise errors.Refused(
                    f"[fencing] {option}: {name} needs the agents, and "
                    "[agent] bind_port is 0"
                )


def member_fencing_means(
    conf: cfg.ConfigOpts,
    vim: vim_base.Vim,
    listened: agents_.Agents,
    clock: clock_.Clock,
) -> list[fencing.MemberFencing]:
    """Return the means to cut members off, in the order of their use.

    :raises errors.Refused: the proof of none of them lasts.
    """
    own: dict[str, tuple[Any, ...]] = dict.fromkeys(
        AGENTS_FENCE_MEMBERS, (listened, clock)
    )
    names = conf.fencing.member_drivers
    found: list[fencing.MemberFencing] = [
        _load("nham.fencing.member", name, *own.get(name, (vim,)))
        for name in names
    ]
    if found and not any(driver.lasting for driver in found):
        raise errors.Refused(
            f"[fencing] member_drivers: what {', '.join(names)} proves does "
            "not last; name port, too, after it"
        )
    return found


def fencing_means(
    conf: cfg.ConfigOpts,
    listened: agents_.Agents,
    store: store_.Store,
    clock: clock_.Clock,
) -> list[fencing.HostFencing]:
    """Return the means to fence hosts, in the order of their use.

    :raises errors.Refused: one of them cannot be used as it is configured.
    """
    own: dict[str, tuple[Any, ...]] = {
        "agent": (listened, clock),
        "lease": (listened, store, clock),
    }
    return [
        bounded.BoundedFencing(
            _load(
                "nham.fencing",
                name,
                *(own[name] if name in own else _fencing_args(conf, name)),
            ),
            conf.fencing.patience,
        )
        for name in conf.fencing.host_drivers
    ]


def _fencing_args(conf: cfg.ConfigOpts, name: str) -> tuple[Any, ...]:
    """Return what a driver is made of; another package's gets nothing."""
    if name == "command":
        own = conf.fencing_command
        return own.off, own.status, own.off_word, own.hosts, own.timeout
    if name == "redfish":
        own = conf.fencing_redfish
        return own.machines, own.verify, own.ca_file, own.timeout
    if name == "ipmi":
        return (conf.fencing_ipmi.machines,)
    return ()


def _load(namespace: str, name: str, *args: Any) -> Any:
    return driver.DriverManager(
        namespace,
        name,
        invoke_on_load=True,
        invoke_args=args,
        warn_on_missing_entrypoint=False,
    ).driver
