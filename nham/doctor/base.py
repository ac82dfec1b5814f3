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


"""What a check gets, and what it finds."""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Iterable
from collections.abc import Mapping
from collections.abc import Sequence
import dataclasses
import enum

from oslo_config import cfg

from nham.adapters import clock as clock_
from nham.adapters import errors
from nham.adapters import rest
from nham.adapters.fencing import base as fencing
from nham.adapters.vnfm import base as vnfm
from nham.db import store as store_

#: Seconds that one call of a check may take, if NHAM itself allows more.
PATIENCE = 10.0


class Level(enum.StrEnum):
    """How bad a finding is."""

    #: All is as it should be.
    OK = "ok"
    #: NHAM works, but not in every case.
    WARNING = "warning"
    #: Something that NHAM needs is missing, or could not be looked at.
    ERROR = "error"


@dataclasses.dataclass(frozen=True)
class Finding:
    """One line of the doctor's.

    :ivar about: what was looked at, in a word or two.
    :ivar text: what was found, one sentence.
    :ivar advice: what to do about it; empty if all is well.
    """

    level: Level
    about: str
    text: str
    advice: str = ""


@dataclasses.dataclass(frozen=True, kw_only=True)
class Parts:
    """What the checks look at.

    :ivar services: the REST APIs of the cloud by their project's name.
    :ivar roles: returns the names of the roles that NHAM's user has.
    :ivar fencing: the means to fence hosts, in the order of their use.
    :ivar vnfm: Tacker; None if it is not enabled.
    """

    conf: cfg.ConfigOpts
    store: store_.Store
    services: Mapping[str, rest.Rest]
    roles: Callable[[], Sequence[str]]
    fencing: Sequence[fencing.HostFencing]
    vnfm: vnfm.Vnfm | None
    clock: clock_.Clock


Findings = Iterable[Finding]


def well(about: str, text: str) -> Finding:
    """Return that something is as it should be."""
    return Finding(Level.OK, about, text)


def warning(about: str, text: str, advice: str) -> Finding:
    """Return what works, but not in every case."""
    return Finding(Level.WARNING, about, text, advice)


def error(about: str, text: str, advice: str) -> Finding:
    """Return what NHAM needs and has not got."""
    return Finding(Level.ERROR, about, text, advice)


def compute_hosts(parts: Parts) -> dict[str, bool]:
    """Return the compute hosts, each with whether Nova may use it.

    :raises errors.AdapterError: Nova does not tell.
    """
    body = parts.services["nova"].get(
        "/os-services",
        params={"binary": "nova-compute"},
        microversion="2.53",
    )
    try:
        return {
            one["host"]: one["state"] == "up" and one["status"] == "enabled"
            for one in body["services"]
        }
    except (KeyError, TypeError) as failure:
        raise errors.Unavailable(f"no list of services: {failure}") from None
