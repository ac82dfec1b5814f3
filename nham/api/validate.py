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


"""Check what was sent: the first wrong field is named with its rule."""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Mapping
import dataclasses
from typing import Any

import falcon
from oslo_utils import strutils

from nham.api import errors

#: Returns the rule that a value breaks, empty if it breaks none.
Check = Callable[[Any], str]


@dataclasses.dataclass(frozen=True)
class Field:
    """One field of a request's body."""

    check: Check
    required: bool = True


def text(longest: int) -> Check:
    """Return the check for text of 1 to that many characters."""

    def _check(value: Any) -> str:
        good = isinstance(value, str) and 1 <= len(value) <= longest
        return "" if good else f"must be text of 1 to {longest} characters"

    return _check


def servers(value: Any) -> str:
    """Check the servers of a VNF, by VDU."""
    rule = "must be an object of VDU names, each with a list of server ids"
    if not isinstance(value, dict) or not value:
        return rule
    for ids in value.values():
        if not isinstance(ids, list) or not ids:
            return rule
        if any(text(64)(server_id) for server_id in ids):
            return rule
    return ""


def properties(value: Any) -> str:
    """Check properties of a policy, by path."""
    rule = "must be an object of values by path"
    if not isinstance(value, dict) or any(text(255)(path) for path in value):
        return rule
    return ""


def paths(value: Any) -> str:
    """Check paths of a policy's properties."""
    rule = "must be a list of paths"
    if not isinstance(value, list) or any(text(255)(path) for path in value):
        return rule
    return ""


def body(
    request: falcon.Request, fields: Mapping[str, Field]
) -> dict[str, Any]:
    """Return the body's fields, None for those that were left out."""
    return check_object(request.get_media(default_when_empty={}), fields)


def check_object(
    given: Any, fields: Mapping[str, Field], where: str = ""
) -> dict[str, Any]:
    """Return the fields of an object, None for those that were left out.

    :param where: what stands before the names in a message.
    """
    if not isinstance(given, dict):
        raise errors.bad_request(f"{where or 'body'}: must be an object")
    for name in given:
        if name not in fields:
            raise errors.bad_request(f"{where}{name}: no such field")
    found: dict[str, Any] = dict.fromkeys(fields)
    for name, field in fields.items():
        value = given.get(name)
        if value is None:
            if field.required:
                raise errors.bad_request(f"{where}{name}: is required")
            continue
        broken = field.check(value)
        if broken:
            raise errors.bad_request(f"{where}{name}: {broken}")
        found[name] = value
    return found


def action(
    request: falcon.Request, actions: Mapping[str, Mapping[str, Field]]
) -> tuple[str, dict[str, Any]]:
    """Return the action that was asked for and its arguments."""
    given = request.get_media(default_when_empty=None)
    if not isinstance(given, dict) or len(given) != 1:
        raise errors.bad_request(
            f"body: must be an object with one of {', '.join(actions)}"
        )
    ((name, arguments),) = given.items()
    if name not in actions:
        raise errors.bad_request(f"{name}: no such action")
    checked = check_object(arguments or {}, actions[name], f"{name}.")
    return name, checked


def query(request: falcon.Request, *known: str) -> None:
    """Refuse a parameter that nobody would read."""
    for name in request.params:
        if name not in known:
            raise errors.bad_request(f"{name}: no such parameter")


def number(
    request: falcon.Request, name: str, lowest: int, highest: int
) -> int | None:
    """Return a parameter that is a whole number, None if not given."""
    given = request.get_param(name)
    if given is None:
        return None
    if not given.isdecimal() or not lowest <= int(given) <= highest:
        raise errors.bad_request(
            f"{name}: must be a whole number from {lowest} to {highest}"
        )
    return int(given)


def yes(request: falcon.Request, name: str) -> bool:
    """Return a parameter that is a truth value, False if not given."""
    try:
        return strutils.bool_from_string(
            request.get_param(name, default="false"), strict=True
        )
    except ValueError:
        raise errors.bad_request(f"{name}: must be true or false") from None
