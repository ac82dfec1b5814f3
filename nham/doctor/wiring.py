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


"""Puts together what the checks look at, from the configuration."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from keystoneauth1 import exceptions as auth_errors
from openstack import connection
from oslo_config import cfg

from nham.adapters import clock
from nham.adapters import rest
from nham.adapters.agents import none
from nham.adapters.vnfm import tacker
from nham.db import store as store_
from nham.doctor import base
from nham.engine import wiring

#: Attributes of openstacksdk's connection, by the projects' names.
_PROXIES = {
    "nova": "compute",
    "neutron": "network",
    "cinder": "block_storage",
    "glance": "image",
    "octavia": "load_balancer",
}


def parts(conf: cfg.ConfigOpts) -> base.Parts:
    """Return what a configuration leads to; nothing is asked yet.

    :raises Exception: a driver or the credentials cannot be loaded.
    """
    reached = wiring.cloud(conf)
    timeout = min(conf.cloud.read_timeout, base.PATIENCE)
    # Also that of the calls to Keystone.
    reached.session.timeout = timeout
    store = store_.Store(conf.database.connection)
    now = clock.SystemClock()
    return base.Parts(
        conf=conf,
        store=store,
        services={
            name: rest.Rest(_proxy(reached, attribute), timeout)
            for name, attribute in _PROXIES.items()
        },
        roles=lambda: _roles(reached),
        # The agents speak to the engines, not to us.
        fencing=wiring.fencing_means(conf, none.NoAgents(), store, now),
        vnfm=(
            tacker.TackerVnfm(reached, timeout)
            if conf.tacker.enabled
            else None
        ),
        clock=now,
    )


def _proxy(reached: connection.Connection, attribute: str) -> Any:
    return lambda: getattr(reached, attribute)


def _roles(reached: connection.Connection) -> Sequence[str]:
    """Return NHAM's roles.

    :raises errors.AdapterError: Keystone does not let us in.
    """
    plugin: Any = reached.session.auth
    try:
        access = plugin.get_access(reached.session)
    except (auth_errors.ClientException, OSError) as failure:
        raise rest.translate(failure) from failure
    return list(access.role_names)
