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

"""REST calls with one time-out and one family of errors.

Both clients that NHAM uses (openstacksdk's proxies and keystoneauth's
adapters) are keystoneauth adapters underneath; here every way in which
they can fail becomes one of ``nham.adapters.errors``.
"""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Mapping
from collections.abc import Sequence
import threading
from typing import Any

from keystoneauth1 import adapter
from keystoneauth1 import exceptions as auth_errors
from openstack import exceptions as sdk_errors
import requests

from nham.adapters import errors

TIMEOUT = 10.0
"""Seconds for a connection, and for each read, unless told otherwise."""

_BY_STATUS: dict[int, type[errors.AdapterError]] = {
    404: errors.NotFound,
    408: errors.Unavailable,
    409: errors.Conflict,
    429: errors.Unavailable,
    # The service will never do it, unlike the other errors from 500 on.
    501: errors.Refused,
}

_LIBRARY_ERRORS = (
    auth_errors.ClientException,
    sdk_errors.SDKException,
    requests.RequestException,
    OSError,
)


def error_of(
    status: int, text: str, not_now: Sequence[str] = ()
) -> errors.AdapterError:
    """Return what an HTTP status of 400 or more means.

    :param not_now: what a service says with status 400 where it should
        say 409: the thing is in a state that forbids this.
    """
    if status == 400 and any(words in text for words in not_now):
        status = 409
    default = errors.Unavailable if status >= 500 else errors.Refused
    kind = _BY_STATUS.get(status, default)
    return kind(f"HTTP {status}: {text.strip()[:500]}")


def translate(failure: Exception) -> errors.AdapterError:
    """Return what a library's exception means.

    Without an HTTP status there was no answer at all, or no catalogue:
    Keystone, the network or the service is not there.
    """
    status = getattr(failure, "http_status", None)
    status = status or getattr(failure, "status_code", None)
    text = f"{type(failure).__name__}: {failure}"
    if isinstance(status, int) and status >= 400:
        return error_of(status, text)
    return errors.Unavailable(text[:500])


class Rest:
    """One service's REST API.

    :param client: makes the adapter; called at the first use, because
        that may already ask Keystone.
    :param timeout: seconds, see ``TIMEOUT``.
    :param headers: sent with every call.
    :param not_now: see ``error_of``.
    """

    def __init__(
        self,
        client: Callable[[], adapter.Adapter],
        timeout: float = TIMEOUT,
        headers: Mapping[str, str] | None = None,
        not_now: Sequence[str] = (),
    ) -> None:
        self._make = client
        self._client: adapter.Adapter | None = None
        self._timeout = timeout
        self._headers = dict(headers or {})
        self._not_now = tuple(not_now)
        self._lock = threading.Lock()

    def send(self, method: str, url: str, **options: Any) -> requests.Response:
        """Make one call and return the answer, which is no error.

        :param options: of ``keystoneauth1.adapter.Adapter.request``.
        :raises errors.AdapterError: what went wrong.
        """
        options["headers"] = {**self._headers, **options.pop("headers", {})}
        try:
            with self._lock:
                client = self._client = self._client or self._make()
            response: requests.Response = client.request(
                url,
                method,
                raise_exc=False,
                connect_retries=0,
                timeout=self._timeout,
                **options,
            )
        except _LIBRARY_ERRORS as failure:
            raise translate(failure) from failure
        if response.status_code >= 400:
            # Not ``text``: that guesses the encoding, at some expense.
            text = response.content.decode("utf-8", "replace")
            raise error_of(response.status_code, text, self._not_now)
        return response

    def get(self, url: str, **options: Any) -> Any:
        """Return the decoded JSON of a GET."""
        return decode(self.send("GET", url, **options))

    def post(self, url: str, body: Any, **options: Any) -> Any:
        """Send JSON; return the decoded answer, None if it is empty."""
        response = self.send("POST", url, json=body, **options)
        return decode(response) if response.content else None

    def delete(self, url: str, **options: Any) -> None:
        """Delete; what is gone already is no error."""
        try:
            self.send("DELETE", url, **options)
        except errors.NotFound:
            return


def decode(response: requests.Response) -> Any:
    """Return the JSON of an answer.

    :raises errors.Unavailable: it is none (a proxy's error page).
    """
    try:
        return response.json()
    except ValueError as failure:
        raise errors.Unavailable(f"no JSON: {failure}") from failure
