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

"""What an operator can say about a host, and what he is told of it.

What he says is written into the host's record; decisions do the rest, by
whatever engine.
"""

from __future__ import annotations

from collections.abc import Mapping
import dataclasses

from nham.core import model
from nham.core import states
from nham.core.decision import leaving
from nham.engine import engine as engine_
from nham.rpc import errors as rpc_errors


def fenced(engine: engine_.Engine, host: str, reason: str, user: str) -> None:
    """Take an operator's word that a host cannot serve any more.

    :raises NotFound: the cloud has no such host.
    """
    _known(engine, host)
    now = engine.context.clock.now()
    store = engine.context.store
    # That NHAM forced it down is kept, so that it is lifted later.
    known = store.host(host) or model.HostRecord(name=host)
    store.save_host(
        dataclasses.replace(
            known, fenced_at=now, proof=f"operator {user}: {reason}"
        )
    )
    _tell(engine, "host-fenced", host, f"is off, says {user}: {reason}", True)


def begin_maintenance(
    engine: engine_.Engine, host: str, reason: str, user: str
) -> None:
    """Move what serves on a host away, and repair nothing there.

    :raises NotFound: the cloud has no such host.
    :raises Conflict: it is in maintenance already.
    """
    _known(engine, host)
    store, now = engine.context.store, engine.context.clock.now()
    if not store.begin_maintenance(host, now, reason):
        raise rpc_errors.Conflict(f"host {host} is in maintenance already")
    engine.reload()
    _tell(
        engine, "maintenance-begun", host, f"user {user} works on it: {reason}"
    )


def end_maintenance(engine: engine_.Engine, host: str, user: str) -> None:
    """Let a host serve again, and what it has be repaired.

    :raises Conflict: it is not in maintenance.
    """
    if not engine.context.store.end_maintenance(host):
        raise rpc_errors.Conflict(f"host {host} is not in maintenance")
    engine.reload()
    _tell(engine, "maintenance-ended", host, f"user {user} is done with it")


def release(engine: engine_.Engine, host: str, user: str) -> None:
    """Take a host out of quarantine; what failed on it counts no more.

    :raises Conflict: it is not in quarantine.
    """
    now = engine.context.clock.now()
    if not engine.context.store.release(host, now):
        raise rpc_errors.Conflict(f"host {host} is not in quarantine")
    engine.reload()
    _tell(engine, "host-released", host, f"user {user} trusts it again")


def members(engine: engine_.Engine, host: str) -> list[Mapping[str, str]]:
    """Return what NHAM has on a host, and whether each of it will go."""
    seen = engine.gatherer.gather(engine.fleet, set())
    return [dataclasses.asdict(one) for one in leaving.left(seen, host)]


def _known(engine: engine_.Engine, host: str) -> None:
    if host not in engine.cloud.services():
        raise rpc_errors.NotFound(f"no compute host {host}")


def _tell(
    engine: engine_.Engine,
    kind: str,
    host: str,
    words: str,
    grave: bool = False,
) -> None:
    severity = states.Severity.WARNING if grave else states.Severity.INFO
    engine.journal.event(severity, kind, f"{host}: {words}", host=host)
