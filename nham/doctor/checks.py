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


"""The table of all checks, and how one is done."""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Iterator

from nham.adapters import errors
from nham.db import errors as db_errors
from nham.doctor import base
from nham.doctor import cloud
from nham.doctor import installation
from nham.doctor import vnfs

Check = Callable[[base.Parts], base.Findings]

CHECKS: dict[str, Check] = {
    "configuration": installation.configuration,
    "database": installation.database,
    "engines": installation.engines,
    "probe ports": installation.probe_ports,
    "secrets": installation.hook_secrets,
    "state store": installation.states,
    "keystone": cloud.keystone,
    "nova": cloud.nova,
    "neutron": cloud.neutron,
    "cinder": cloud.cinder,
    "glance": cloud.glance,
    "tacker": cloud.tacker,
    "octavia": cloud.octavia,
    "fencing": cloud.fencing,
    "clock": cloud.clock,
    "protection": vnfs.protection,
    "redundancy": vnfs.redundancy,
    "hosts": vnfs.hosts,
    "healers": vnfs.healers,
    "ports": vnfs.ports,
    "traps": vnfs.traps,
}
"""In the order in which they are done: what others need comes first."""


def examine(parts: base.Parts) -> Iterator[base.Finding]:
    """Do all checks; one that cannot be done is an error of its own."""
    for name, check in CHECKS.items():
        try:
            yield from check(parts)
        except db_errors.StoreError:
            # The library's own words are the statement that failed.
            yield base.error(
                name,
                "This cannot be looked at: the database does not answer.",
                "See that [database] connection is right and its server runs, "
                "and run nham-manage db sync.",
            )
        except (
            errors.AdapterError,
            KeyError,
            OSError,
            TypeError,
            ValueError,
        ) as failure:
            text = " ".join(str(failure).split()) or type(failure).__name__
            yield base.error(
                name,
                f"This cannot be looked at: {text}.",
                "See that the service runs, and that its address and NHAM's "
                "credentials are right.",
            )
