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


"""What everybody may ask: versions, health, metrics."""

from __future__ import annotations

import collections
from typing import Any

import falcon

from nham import metrics
from nham.api import service as service_
from nham.db import errors as db_errors


class Versions:
    """The versions of the interface."""

    def on_get(
        self, request: falcon.Request, response: falcon.Response
    ) -> None:
        """List the versions."""
        response.media = {"versions": [_version(request)]}


class Version:
    """Version 1."""

    def on_get(
        self, request: falcon.Request, response: falcon.Response
    ) -> None:
        """Show the version."""
        response.media = {"version": _version(request)}


class Health:
    """Whether the service can do its work.

    :param lease: seconds after which a silent engine counts as dead.
    """

    def __init__(self, service: service_.Service, lease: float) -> None:
        self._service = service
        self._lease = lease

    def on_get(
        self, _request: falcon.Request, response: falcon.Response
    ) -> None:
        """Answer 200 if the database can be asked, else 503."""
        since = self._service.now() - self._lease
        try:
            alive = len(self._service.store.engines_alive(since))
        except db_errors.DatabaseDown:
            response.status = falcon.HTTP_503
            response.media = {"database": "down", "engines_alive": None}
        else:
            response.media = {"database": "up", "engines_alive": alive}


class Metrics:
    """What NHAM counts.

    :param lease: seconds after which a silent engine counts as dead.
    """

    def __init__(self, service: service_.Service, lease: float) -> None:
        self._service = service
        self._lease = lease

    def on_get(
        self, _request: falcon.Request, response: falcon.Response
    ) -> None:
        """Answer in Prometheus' text format."""
        store, since = self._service.store, self._service.now() - self._lease
        try:
            vnfs = collections.Counter(v.state.value for v in store.vnfs())
            metrics.fleet(vnfs, len(store.engines_alive(since)))
        except db_errors.DatabaseDown:
            # What this process itself counted can still be told.
            pass
        response.content_type = metrics.CONTENT_TYPE
        response.data = metrics.exposition()


class Counting:
    """Counts the answers."""

    def process_response(
        self,
        request: falcon.Request,
        response: falcon.Response,
        _resource: object,
        _succeeded: bool,
    ) -> None:
        """Count one answer."""
        metrics.request_answered(request.method, str(response.status)[:3])


def _version(request: falcon.Request) -> dict[str, Any]:
    return {
        "id": "v1.0",
        "status": "CURRENT",
        "version": "",
        "min_version": "",
        "links": [{"rel": "self", "href": f"{request.prefix}/v1/"}],
    }
