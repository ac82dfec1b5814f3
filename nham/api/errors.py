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


"""Every error is answered in one shape, with the request's id."""

from __future__ import annotations

import json
import logging
from typing import Any

import falcon
from falcon import status_codes

from nham.adapters import errors as adapter_errors
from nham.db import errors as db_errors
from nham.rpc import errors as rpc_errors

LOG = logging.getLogger(__name__)


def install(app: falcon.App[Any, Any]) -> None:
    """Let the application answer all errors in our shape."""
    app.set_error_serializer(_serialize)
    app.add_error_handler(Exception, _bug)
    app.add_error_handler(db_errors.NotFound, _not_found)
    app.add_error_handler(db_errors.DatabaseDown, _database_down)
    app.add_error_handler(rpc_errors.EngineError, _engine_error)
    app.add_error_handler(adapter_errors.AdapterError, _store_error)


def forbidden(rule: str) -> falcon.HTTPForbidden:
    """Return the refusal of what a rule does not allow."""
    return falcon.HTTPForbidden(
        title="Forbidden", description=f"The policy {rule} does not allow this"
    )


def not_found(noun: str, key: str) -> falcon.HTTPNotFound:
    """Return the answer for what is not there, or not the caller's."""
    return falcon.HTTPNotFound(
        title="Not Found", description=f"There is no {noun} {key}"
    )


def not_kept(recovery_id: str) -> falcon.HTTPNotFound:
    """Return the answer for facts that a recovery does not have."""
    return falcon.HTTPNotFound(
        title="Not Found",
        description=f"No facts of recovery {recovery_id} are kept: it was "
        "ordered, or they were too many",
    )


def conflict(message: str) -> falcon.HTTPConflict:
    """Return the refusal of what cannot be done now."""
    return falcon.HTTPConflict(title="Conflict", description=message)


def bad_request(message: str) -> falcon.HTTPBadRequest:
    """Return the refusal of a request that is wrong in itself."""
    return falcon.HTTPBadRequest(title="Bad Request", description=message)


def _serialize(
    request: falcon.Request,
    response: falcon.Response,
    error: falcon.HTTPError,
) -> None:
    body = {
        "code": error.status_code,
        "title": error.title or "",
        "message": error.description or error.title or "",
        "request_id": request.env.get("openstack.request_id"),
    }
    response.content_type = falcon.MEDIA_JSON
    response.data = json.dumps({"error": body}).encode()


def _not_found(
    _request: falcon.Request,
    _response: falcon.Response,
    error: db_errors.NotFound,
    _params: dict[str, Any],
) -> None:
    raise not_found(error.noun, error.key) from error


def _database_down(
    _request: falcon.Request,
    _response: falcon.Response,
    error: db_errors.DatabaseDown,
    _params: dict[str, Any],
) -> None:
    LOG.error("%s", error)
    raise falcon.HTTPServiceUnavailable(
        title="Service Unavailable",
        description="The database is down",
        retry_after=5,
    ) from error


def _engine_error(
    _request: falcon.Request,
    _response: falcon.Response,
    error: rpc_errors.EngineError,
    _params: dict[str, Any],
) -> None:
    status = falcon.code_to_http_status(error.code)
    raise falcon.HTTPError(
        status, title=status.partition(" ")[2], description=error.message
    ) from error


def _store_error(
    _request: falcon.Request,
    _response: falcon.Response,
    error: adapter_errors.AdapterError,
    _params: dict[str, Any],
) -> None:
    if isinstance(error, adapter_errors.Unavailable):
        raise falcon.HTTPServiceUnavailable(
            title="Service Unavailable", description=str(error)
        ) from error
    raise conflict(str(error)) from error


def _bug(
    request: falcon.Request,
    _response: falcon.Response,
    error: Exception,
    _params: dict[str, Any],
) -> None:
    if isinstance(error, falcon.HTTPError | falcon.HTTPStatus):
        raise error
    LOG.exception("%s %s failed", request.method, request.path)
    raise falcon.HTTPError(
        status_codes.HTTP_500,
        title="Internal Server Error",
        description="NHAM failed; its log has the request's id and says why",
    ) from error
