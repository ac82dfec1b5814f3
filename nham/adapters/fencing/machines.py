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

"""The file that says which BMC is which host's, and how to get in.

It holds passwords, so nobody but NHAM's user and group may use it. In YAML,
by the names that Nova has for the hosts::

    compute-1:
      address: https://10.0.0.11
      system: /redfish/v1/Systems/1
      username: nham
      password: secret
"""

from __future__ import annotations

from collections.abc import Mapping
from collections.abc import Sequence
import dataclasses
from typing import Any

import yaml

from nham.adapters import errors
from nham.adapters.hooks import secrets

_NEEDED = ("address", "username", "password")


@dataclasses.dataclass(frozen=True, kw_only=True)
class Machine:
    """One host's BMC.

    :ivar host: the host, as Nova calls it.
    :ivar address: where the BMC is: a URL, or a name or IP address.
    :ivar system: which of the BMC's systems the host is; empty: its only one.
    :ivar port: UDP port of a BMC that is asked by IPMI.
    """

    host: str
    address: str
    username: str
    password: str = dataclasses.field(repr=False)
    system: str = ""
    port: int = 623


def read(path: str, optional: Sequence[str] = ()) -> dict[str, Machine]:
    """Return the BMCs that a file tells of, by their hosts.

    :param optional: the fields that a driver has beside those that all have.
    :raises errors.Refused: the file is not there, may be used by everybody,
        or is wrong; it says which host and field, and no password.
    """
    try:
        content = yaml.safe_load(secrets.read_file(path))
    except yaml.YAMLError as failure:
        # What is near the mistake may be a password.
        mark = getattr(failure, "problem_mark", None)
        line = f":{mark.line + 1}" if mark else ""
        raise errors.Refused(f"{path}{line}: it is no YAML") from None
    if not isinstance(content, dict):
        raise errors.Refused(f"{path}: it must be a mapping of hosts")
    found = {
        str(host): _machine(f"{path}: {host}", str(host), fields, optional)
        for host, fields in content.items()
    }
    _see_apart(path, found)
    return found


def _machine(
    where: str, host: str, fields: Any, optional: Sequence[str]
) -> Machine:
    if not isinstance(fields, dict):
        raise errors.Refused(f"{where}: it must be a mapping of fields")
    known = (*_NEEDED, *optional)
    for name in fields:
        if name not in known:
            raise errors.Refused(
                f"{where}: {name}: there is no such field; there are "
                f"{', '.join(known)}"
            )
    for name in _NEEDED:
        if not fields.get(name):
            raise errors.Refused(f"{where}: {name}: it is missing")
    for name, value in fields.items():
        wanted = int if name == "port" else str
        # YAML reads 1234 as a number, and true as a boolean.
        if type(value) is not wanted:
            kind = "a number" if wanted is int else "text; put it in quotes"
            raise errors.Refused(f"{where}: {name}: it must be {kind}")
    if not 0 < fields.get("port", 1) < 65536:
        raise errors.Refused(f"{where}: port: it must be 1 to 65535")
    return Machine(host=host, **fields)


def _see_apart(path: str, found: Mapping[str, Machine]) -> None:
    """See that no two hosts are one machine: one would be fenced for both.

    :raises errors.Refused: two of them are.
    """
    seen: dict[tuple[str, str, int], str] = {}
    for host, machine in found.items():
        key = (machine.address.rstrip("/"), machine.system, machine.port)
        if key in seen:
            raise errors.Refused(
                f"{path}: {host}: address: it is that of {seen[key]}, too"
            )
        seen[key] = host
