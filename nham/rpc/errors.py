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


"""Why an engine did not do what it was asked; the code is HTTP's."""

from __future__ import annotations

from typing import ClassVar


class EngineError(Exception):
    """The engine failed; its log says more.

    :ivar code: what the API answers with.
    """

    code: ClassVar[int] = 500

    @property
    def message(self) -> str:
        """A sentence for whoever asked."""
        return str(self)


class BadRequest(EngineError):
    """An argument is wrong."""

    code = 400


class NotFound(EngineError):
    """There is no such thing (any more)."""

    code = 404


class Conflict(EngineError):
    """Not now: the thing is in a state that forbids this."""

    code = 409


class NoAnswer(EngineError):
    """No engine can answer now, or what it needs is down: ask later."""

    code = 503


_BY_CODE: dict[int, type[EngineError]] = {
    kind.code: kind
    for kind in (EngineError, BadRequest, NotFound, Conflict, NoAnswer)
}


def of(code: int, message: str) -> EngineError:
    """Return the error with that code."""
    return _BY_CODE.get(code, EngineError)(message)
