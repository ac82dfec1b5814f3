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


"""The hook over HTTP: GET the state, POST it; PUT and DELETE an address.

``doc/source/hook.rst`` tells the authors of VNFs what is said here, and
``doc/source/_static/hook.yaml`` tells their tools.
"""

from __future__ import annotations

import base64
from collections.abc import Collection
from collections.abc import Iterator
from collections.abc import Mapping
import contextlib
import dataclasses
import hashlib
import ipaddress
import math
import re
from urllib import parse

import requests
from urllib3 import exceptions as http_errors

from nham.adapters import errors
from nham.adapters.hooks import base
from nham.adapters.hooks import wire

DIGEST = "Content-Digest"
"""SHA-256 of the state, as RFC 9530 writes it."""
PAUSE = "NHAM-Pause"
"""Seconds that the application stood still for an export."""
HOLD = "NHAM-Hold"
"""Seconds for which the application is to stand still, or says it does."""
IMPORTED_DIGEST = "NHAM-Imported"
"""SHA-256 of the state that the application took in last."""
STARTED = "NHAM-Started"
"""Another word each time that the application starts without its state."""
SENDER = "NHAM-Sender"
"""The member that an imported state comes from, percent-encoded."""
MEDIA_TYPE = "application/octet-stream"

EXPORTED = 200
IMPORTED = (200, 201, 204)
GONE = 404

_CHUNK = 65536
_WORDS = 200
"""Bytes of an error's text that are worth showing."""
_TOKEN = re.compile("[!-~]+")
_WORD = re.compile("[!-~]{0,64}")
_SHA_256 = re.compile("sha-256=:([A-Za-z0-9+/=]+):")


@dataclasses.dataclass(frozen=True)
class _Call:
    method: str
    path: str
    headers: Mapping[str, str]
    data: bytes | None = None


class HttpHook(base.Hook):
    """Talks to an HTTP server inside the VNFC."""

    name = "http"

    def export_state(
        self, endpoint: base.Endpoint, max_size: int, hold: int = 0
    ) -> base.Exported:
        """See base class."""
        limits = wire.Limits(endpoint.timeout, max_size)
        headers = {"Accept": MEDIA_TYPE, "Accept-Encoding": "identity"}
        if hold:
            headers[HOLD] = str(hold)
        call = _Call("GET", endpoint.export_path, headers)
        with _answer(endpoint, call, limits) as answer:
            if answer.status_code != EXPORTED:
                raise _error(answer)
            data = _body(answer, max_size)
            _check_digest(answer.headers.get(DIGEST, ""), data)
            pause = _seconds(answer, PAUSE)
            held = _seconds(answer, HOLD) or 0.0
            started = _word(answer, STARTED)
            took = _plain(answer.headers.get(IMPORTED_DIGEST, ""))
        return base.Exported(
            data=data, pause=pause, held=held, started=started, imported=took
        )

    def imported(self, endpoint: base.Endpoint) -> str:
        """See base class."""
        call = _Call("HEAD", endpoint.export_path, {})
        with _answer(endpoint, call, wire.Limits(endpoint.timeout, 0)) as said:
            if said.status_code not in (EXPORTED, *IMPORTED):
                raise _error(said)
            return _plain(said.headers.get(IMPORTED_DIGEST, ""))

    def import_state(
        self, endpoint: base.Endpoint, data: bytes, sender: str
    ) -> None:
        """See base class."""
        limits = wire.Limits(endpoint.timeout, 0)
        headers = {
            "Content-Type": MEDIA_TYPE,
            DIGEST: digest(data),
            SENDER: parse.quote(sender, safe=""),
        }
        call = _Call("POST", endpoint.import_path, headers, data)
        with _answer(endpoint, call, limits) as answer:
            if answer.status_code not in IMPORTED:
                raise _error(answer)

    def claim(self, endpoint: base.Endpoint, address: str) -> None:
        """See base class."""
        self._about("PUT", endpoint, address, IMPORTED)

    def has_claimed(self, endpoint: base.Endpoint, address: str) -> bool:
        """See base class."""
        taken = (*IMPORTED, GONE)
        return self._about("GET", endpoint, address, taken) != GONE

    def let_go(self, endpoint: base.Endpoint, address: str) -> None:
        """See base class."""
        self._about("DELETE", endpoint, address, (*IMPORTED, GONE))

    def _about(
        self,
        method: str,
        endpoint: base.Endpoint,
        address: str,
        good: Collection[int],
    ) -> int:
        """Ask something about an address; return the status.

        The body says nothing and is not read.
        """
        call = _Call(method, f"{endpoint.claim_path}/{address}", {})
        with _answer(endpoint, call, wire.Limits(endpoint.timeout, 0)) as said:
            if said.status_code not in good:
                raise _error(said)
            return said.status_code


def _plain(header: str) -> str:
    """Return a digest of a header as states have it that are kept."""
    found = _SHA_256.fullmatch(header.strip())
    with contextlib.suppress(ValueError):
        if found is not None:
            value = base64.b64decode(found[1], validate=True)
            return f"sha256:{value.hex()}"
    return ""


def digest(data: bytes) -> str:
    """Return what ``Content-Digest`` says of these bytes."""
    value = base64.b64encode(hashlib.sha256(data).digest()).decode()
    return f"sha-256=:{value}:"


def _url(endpoint: base.Endpoint, path: str) -> str:
    try:
        address = ipaddress.ip_address(endpoint.address)
    except ValueError as error:
        raise errors.Refused(f"address: {error}") from error
    if not path.startswith("/"):
        # Anything else could name another host.
        raise errors.Refused(f"path: {path!r} does not begin with /")
    host = f"[{address}]" if address.version == 6 else str(address)
    return f"http://{host}:{endpoint.port}{path}"


@contextlib.contextmanager
def _answer(
    endpoint: base.Endpoint, call: _Call, limits: wire.Limits
) -> Iterator[requests.Response]:
    """Give the answer to a call, its body not yet read."""
    url = _url(endpoint, call.path)
    headers = {"User-Agent": "nham", **call.headers}
    if endpoint.token is not None:
        headers["Authorization"] = f"Bearer {_checked(endpoint.token)}"
    with (
        _our_errors(f"{call.method} {url}"),
        wire.Session(limits) as session,
        session.request(
            call.method,
            url,
            headers=headers,
            data=call.data,
            stream=True,
        ) as answer,
    ):
        yield answer


def _checked(token: str) -> str:
    # The library would show a wrong one in its complaint.
    if _TOKEN.fullmatch(token) is None:
        raise errors.Refused("token: it is not of visible ASCII characters")
    return token


@contextlib.contextmanager
def _our_errors(what: str) -> Iterator[None]:
    """Turn the libraries' exceptions into ours, and say what was asked."""
    try:
        yield
    except errors.AdapterError as failure:
        raise type(failure)(f"{what}: {failure}") from failure
    except requests.exceptions.InvalidHeader as failure:
        raise errors.Refused(f"{what}: {failure}") from failure
    except (requests.RequestException, http_errors.TimeoutError) as failure:
        raise errors.Unavailable(f"{what}: {failure}") from failure
    except (http_errors.HTTPError, ValueError) as failure:
        raise errors.Refused(f"{what}: a broken body: {failure}") from failure


def _error(answer: requests.Response) -> errors.AdapterError:
    """Return what a status means that is not one of success."""
    status = answer.status_code
    text = ""
    with contextlib.suppress(http_errors.HTTPError):
        raw = answer.raw.read(_WORDS, decode_content=False)
        text = "".join(chr(c) if 32 <= c < 127 else " " for c in raw).strip()
    if status >= 500:
        return errors.Unavailable(f"HTTP {status}: {text}")
    if status in (401, 403):
        text = f"the token is not the right one: {text}"
    return errors.Refused(f"HTTP {status}: {text}")


def _body(answer: requests.Response, max_size: int) -> bytes:
    """Read the body, which must say where it ends."""
    coding = answer.headers.get("Content-Encoding", "identity")
    if coding != "identity":
        raise errors.Refused(f"Content-Encoding: {coding!r} was not asked for")
    length = answer.headers.get("Content-Length", "")
    if answer.headers.get("Transfer-Encoding", "").lower() != "chunked":
        if not (length.isascii() and length.isdecimal()):
            raise errors.Refused("Content-Length: there must be one number")
        if len(length) > 18 or int(length) > max_size:
            raise errors.Refused(_too_large(max_size))
    data = bytearray()
    for part in answer.raw.stream(_CHUNK, decode_content=False):
        data += part
        if len(data) > max_size:
            raise errors.Refused(_too_large(max_size))
    return bytes(data)


def _too_large(max_size: int) -> str:
    return f"the state is larger than {max_size} bytes"


def _check_digest(header: str, data: bytes) -> None:
    """Refuse a wrong digest; algorithms other than ours say nothing."""
    wanted = digest(data)
    for part in header.split(","):
        algorithm, _, _ = part.strip().partition("=")
        if algorithm.lower() == "sha-256" and part.strip() != wanted:
            raise errors.Refused(f"{DIGEST}: the state has {wanted}")


def _seconds(answer: requests.Response, name: str) -> float | None:
    header = answer.headers.get(name)
    if header is None:
        return None
    try:
        seconds = float(header)
    except ValueError:
        seconds = math.nan
    if not 0.0 <= seconds < math.inf:
        raise errors.Refused(f"{name}: {header!r} is no number of seconds")
    return seconds


def _word(answer: requests.Response, name: str) -> str:
    word = answer.headers.get(name, "").strip()
    if _WORD.fullmatch(word) is None:
        raise errors.Refused(f"{name}: it is no word of 64 ASCII characters")
    return word
