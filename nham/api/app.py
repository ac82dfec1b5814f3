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


"""The WSGI application, put together."""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Sequence
import functools
import re
import time
from typing import Any

import falcon
from oslo_config import cfg
from oslo_middleware import http_proxy_to_wsgi
from oslo_middleware import request_id
from oslo_middleware import sizelimit

from nham import conf as nham_conf
from nham.adapters.stores import configured as stores
from nham.api import context
from nham.api import errors
from nham.api import keystone
from nham.api import policy
from nham.api import root
from nham.api import service as service_
from nham.api.v1 import checkpoints
from nham.api.v1 import control
from nham.api.v1 import events
from nham.api.v1 import hosts
from nham.api.v1 import recoveries
from nham.api.v1 import state
from nham.api.v1 import tacker
from nham.api.v1 import vnfs
from nham.db import store as store_
from nham.rpc import client
from nham.rpc import transport

_STATE = re.compile(r"/v1/vnfs/[^/]+/state/?")
Application = Callable[[dict[str, Any], Callable[..., Any]], Any]


def load(argv: Sequence[str] = ()) -> Application:
    """Return the application as the configuration files describe it."""
    with nham_conf.fail_early("nham-api"):
        conf = nham_conf.load(argv, prog="nham-api")
        nham_conf.start_logging(conf)
        return from_conf(conf)


def from_conf(conf: cfg.ConfigOpts) -> Application:
    """Return the application of a process of its own."""
    engine = client.EngineClient(
        transport.make_transport(conf), conf.api.engine_timeout
    )
    return make_app(conf, store_.Store(conf.database.connection), engine)


def make_app(
    conf: cfg.ConfigOpts,
    store: store_.Store,
    engine: client.EngineClient,
    now: Callable[[], float] = time.time,
) -> Application:
    """Return the application.

    :param now: tells the time, seconds since the epoch.
    :raises cfg.RequiredOptError: if nobody said how to reach Keystone.
    """
    guard = policy.Guard(policy.make_enforcer(conf))
    service = service_.Service(
        store,
        engine,
        guard,
        now,
        # Not before it is needed: most deployments never move states by hand.
        functools.cache(lambda: stores.load(conf, store)),
        conf.api.max_state_size,
    )
    noauth = conf.api.auth_strategy == "noauth"
    who = context.NoAuth() if noauth else context.Keystone()
    app = falcon.App(middleware=[root.Counting(), who])
    app.req_options.strip_url_path_trailing_slash = True
    errors.install(app)
    _add_routes(app, service, conf)
    wrapped: Any = app
    if not noauth:
        wrapped = keystone.Door(wrapped, conf)
    wrapped = _ExceptStates(
        sizelimit.RequestBodySizeLimiter(wrapped, conf), wrapped
    )
    wrapped = http_proxy_to_wsgi.HTTPProxyToWSGI(wrapped, conf)
    application: Application = request_id.RequestId(wrapped, conf)
    return application


class _ExceptStates:
    """Lets the body of a state pass a limit that holds for all others.

    How large it may be is said by the policy, so its handler looks.
    """

    def __init__(self, limited: Application, unlimited: Application) -> None:
        self._limited = limited
        self._unlimited = unlimited

    def __call__(
        self, environ: dict[str, Any], start: Callable[..., Any]
    ) -> Any:
        """Answer a request."""
        state = environ.get("REQUEST_METHOD") == "PUT" and _STATE.fullmatch(
            environ.get("PATH_INFO", "")
        )
        return (self._unlimited if state else self._limited)(environ, start)


def _add_routes(
    app: falcon.App[Any, Any], service: service_.Service, conf: cfg.ConfigOpts
) -> None:
    lease = conf.recovery.lease
    callback = tacker.Notifications(
        service.engine,
        conf.tacker.callback_user,
        conf.tacker.callback_password,
    )
    routes = {
        "/": root.Versions(),
        "/v1": root.Version(),
        "/healthcheck": root.Health(service, lease),
        "/metrics": root.Metrics(service, lease),
        "/v1/vnfs": vnfs.Vnfs(service),
        "/v1/vnfs/{vnf_id}": vnfs.Vnf(service),
        "/v1/vnfs/{vnf_id}/action": vnfs.Action(service),
        "/v1/vnfs/{vnf_id}/state": state.VnfState(service),
        "/v1/vnfs/{vnf_id}/why": vnfs.Why(service),
        "/v1/checkpoints": checkpoints.Checkpoints(service),
        "/v1/checkpoints/{checkpoint_id}": checkpoints.Checkpoint(service),
        "/v1/checkpoints/{checkpoint_id}/action": checkpoints.Action(service),
        "/v1/checkpoints/{checkpoint_id}/state": state.CheckpointState(
            service
        ),
        "/v1/recoveries": recoveries.Recoveries(service),
        "/v1/recoveries/{recovery_id}": recoveries.Recovery(service),
        "/v1/recoveries/{recovery_id}/facts": recoveries.Facts(service),
        "/v1/events": events.Events(service),
        "/v1/hosts": hosts.Hosts(service),
        "/v1/hosts/{name}": hosts.Host(service),
        "/v1/hosts/{name}/action": hosts.Action(service),
        "/v1/control": control.Control(service),
        "/v1/control/action": control.Action(service),
        "/v1/tacker/notifications": callback,
    }
    for path, resource in routes.items():
        app.add_route(path, resource)
