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


"""Events, hosts, engines and settings, on a connection."""

from __future__ import annotations

from collections.abc import Mapping
from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa

from nham.core import model
from nham.core import states
from nham.db import _rows
from nham.db import models

EVENT = models.event
HOST = models.host
ENGINE = models.engine
SETTING = models.setting


def add_event(connection: sa.Connection, values: Mapping[str, Any]) -> None:
    """Insert an event; the database gives it its number."""
    connection.execute(sa.insert(EVENT).values(values))


def events(
    connection: sa.Connection,
    vnf_id: str | Sequence[str] | None,
    after_id: int | None,
    limit: int,
) -> Sequence[model.Event]:
    """Return events, oldest first.

    :param after_id: the first ones after this one; None: the last ones.
    """
    query = (
        sa.select(EVENT)
        .where(*_rows.matches(EVENT, {"vnf_id": vnf_id}))
        .limit(limit)
    )
    if after_id is None:
        query = query.order_by(EVENT.c.id.desc())
    else:
        query = query.where(EVENT.c.id > after_id).order_by(EVENT.c.id)
    found = [_event(row) for row in connection.execute(query).mappings()]
    return found[::-1] if after_id is None else found


def hosts(
    connection: sa.Connection, name: str | None = None
) -> Sequence[model.HostRecord]:
    """Return what is known about one host, or about all."""
    query = (
        sa.select(HOST)
        .where(*_rows.matches(HOST, {"name": name}))
        .order_by(HOST.c.name)
    )
    rows = connection.execute(query).mappings()
    return [model.HostRecord(**row) for row in rows]


def save_host(connection: sa.Connection, record: model.HostRecord) -> None:
    """Insert or update what NHAM did about a host.

    Its maintenance and quarantine are left alone. So is its lease, which is
    written for itself: who has read the record before it was withdrawn must
    not grant it again by writing something else.
    """
    values = {
        "fenced_at": record.fenced_at,
        "proof": record.proof,
        "forced_down": record.forced_down,
    }
    _rows.save(connection, HOST, {"name": record.name}, values)


def begin_maintenance(
    connection: sa.Connection, name: str, at: float, reason: str
) -> bool:
    """Note that a host is worked on; return False if it is already."""
    return _close(
        connection,
        name,
        HOST.c.maintenance_at,
        {"maintenance_at": at, "maintenance_reason": reason},
    )


def end_maintenance(connection: sa.Connection, name: str) -> bool:
    """Note that a host is worked on no more; return False if it was not."""
    ended = connection.execute(
        sa.update(HOST)
        .where(HOST.c.name == name, HOST.c.maintenance_at.is_not(None))
        .values(maintenance_at=None, maintenance_reason="")
    )
    return ended.rowcount == 1


def quarantine(
    connection: sa.Connection, name: str, at: float, reason: str
) -> bool:
    """Put a host in quarantine; return False if it is in one already."""
    return _close(
        connection,
        name,
        HOST.c.quarantined_at,
        {"quarantined_at": at, "quarantine_reason": reason},
    )


def release(connection: sa.Connection, name: str, at: float) -> bool:
    """End a host's quarantine; return False if it is in none."""
    ended = connection.execute(
        sa.update(HOST)
        .where(HOST.c.name == name, HOST.c.quarantined_at.is_not(None))
        .values(quarantined_at=None, quarantine_reason="", released_at=at)
    )
    return ended.rowcount == 1


def _close(
    connection: sa.Connection,
    name: str,
    since: sa.Column[Any],
    values: Mapping[str, Any],
) -> bool:
    """Write these values unless the column that says since when has one."""
    if not hosts(connection, name):
        save_host(connection, model.HostRecord(name=name))
    closed = connection.execute(
        sa.update(HOST)
        .where(HOST.c.name == name, since.is_(None))
        .values(**values)
    )
    return closed.rowcount == 1


def withdraw_lease(connection: sa.Connection, name: str, now: float) -> float:
    """Note that a host gets no lease from now on; return since when.

    That is earlier if somebody else has withdrawn it already.
    """
    # First the write, which waits for whoever else does the same now.
    connection.execute(
        sa.update(HOST)
        .where(HOST.c.name == name, HOST.c.lease_withdrawn_at.is_(None))
        .values(lease_withdrawn_at=now)
    )
    for known in hosts(connection, name):
        return known.lease_withdrawn_at or now
    first = {"proof": "", "forced_down": False, "lease_withdrawn_at": now}
    connection.execute(sa.insert(HOST).values(name=name, **first))
    return now


def restore_lease(
    connection: sa.Connection, name: str, withdrawn_at: float
) -> bool:
    """Let a host have leases again, unless they were withdrawn anew."""
    key = {"name": name, "lease_withdrawn_at": withdrawn_at}
    return _rows.change(connection, HOST, key, {"lease_withdrawn_at": None})


def engine_beat(
    connection: sa.Connection, engine_id: str, host: str, now: float
) -> None:
    """Note that an engine is alive."""
    values = {"host": host, "seen_at": now}
    _rows.save(connection, ENGINE, {"id": engine_id}, values)


def engines_alive(connection: sa.Connection, since: float) -> set[str]:
    """Return the engines that were alive at that time or later."""
    query = sa.select(ENGINE.c.id).where(ENGINE.c.seen_at >= since)
    return set(connection.execute(query).scalars())


def engine_hosts(connection: sa.Connection) -> dict[str, float]:
    """Return when the engines of each host were last seen alive."""
    query = sa.select(ENGINE.c.host, sa.func.max(ENGINE.c.seen_at)).group_by(
        ENGINE.c.host
    )
    return dict(row._tuple() for row in connection.execute(query))


def setting(connection: sa.Connection, name: str) -> str | None:
    """Return a setting, None if it is not set."""
    query = sa.select(SETTING.c.value).where(SETTING.c.name == name)
    return connection.execute(query).scalar_one_or_none()


def set_setting(
    connection: sa.Connection, name: str, value: str | None
) -> None:
    """Set a setting; None removes it."""
    if value is None:
        connection.execute(sa.delete(SETTING).where(SETTING.c.name == name))
    else:
        _rows.save(connection, SETTING, {"name": name}, {"value": value})


def _event(row: sa.RowMapping) -> model.Event:
    fields: dict[str, Any] = dict(row)
    fields["severity"] = states.Severity(row["severity"])
    return model.Event(**fields)
