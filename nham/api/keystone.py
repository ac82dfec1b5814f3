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


"""Keystone's middleware, with refusals in the shape of all our errors.

The middleware could leave the refusing to us, but then a Keystone that
is down would look like a wrong token.
"""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Iterable
import json
from typing import Any

from keystoneauth1 import loading
from keystonemiddleware import auth_token
from oslo_config import cfg

from nham.api import context

Environ = dict[str, Any]
Respond = Callable[..., Any]

_SECTION = "keystone_authtoken"
_MESSAGES = {
    401: "The request needs a valid token in X-Auth-Token",
    503: "Keystone cannot be asked now",
}


class Door:
    """Lets a request with a valid token in, and public ones.

    :raises cfg.RequiredOptError: if nobody said how to reach Keystone.
    """

    def __init__(
        self, app: Callable[..., Iterable[bytes]], conf: cfg.ConfigOpts
    ) -> None:
        self._app = app
        self._guarded = auth_token.AuthProtocol(
            self._inside, {"oslo_config_config": conf}
        )
        loading.register_auth_conf_options(conf, _SECTION)
        if not (conf[_SECTION].auth_type or conf[_SECTION].auth_section):
            raise cfg.RequiredOptError("auth_type", cfg.OptGroup(_SECTION))

    def __call__(self, environ: Environ, respond: Respond) -> Iterable[bytes]:
        """Answer as a WSGI application does."""
        if (environ["PATH_INFO"].rstrip("/") or "/") in context.PUBLIC:
            return self._app(environ, respond)
        refusal: dict[str, Any] = {}

        def note(
            status: str, headers: list[tuple[str, str]], *rest: Any
        ) -> Any:
            if environ.get("nham.inside"):
                return respond(status, headers, *rest)
            refusal.update(status=status, headers=headers)
            return lambda _data: None

        body: Iterable[bytes] = self._guarded(environ, note)
        return _refuse(environ, respond, **refusal) if refusal else body

    def _inside(self, environ: Environ, respond: Respond) -> Iterable[bytes]:
        environ["nham.inside"] = True
        return self._app(environ, respond)


def _refuse(
    environ: Environ,
    respond: Respond,
    status: str,
    headers: list[tuple[str, str]],
) -> Iterable[bytes]:
    """Answer what the middleware did, in our shape."""
    code, _, title = status.partition(" ")
    error = {
        "code": int(code),
        "title": title,
        "message": _MESSAGES.get(int(code), title),
        "request_id": environ.get("openstack.request_id"),
    }
    body = json.dumps({"error": error}).encode()
    kept = [(k, v) for k, v in headers if k.lower() == "www-authenticate"]
    size = ("Content-Length", str(len(body)))
    respond(status, [("Content-Type", "application/json"), size, *kept])
    return [body]
