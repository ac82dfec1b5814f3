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


"""Recoveries and their steps, on a connection.

A recovery may write only while it is running, is owned by who writes,
and its group's epoch is the one it was claimed with. Whoever finds this
untrue has lost the claim and must stop at once.
"""

from __future__ import annotations

from collections.abc import Iterable
from collections.abc import Mapping
from collections.abc import Sequence
import dataclasses
from typing import Any

import sqlalchemy as sa

from nham.core import descriptor
from nham.core import model
from nham.core import states
from nham.db import _rows
from nham.db import errors
from nham.db import models

TABLE = models.recovery
STEP = models.step
FACTS = models.recovery_facts
GROUP = models.group
RUNNING = states.RecoveryState.RUNNING.value


@dataclasses.dataclass(frozen=True)
class Claim:
    """Who says that it may act, and by what epoch."""

    recovery_id: str
    owner: str
    epoch: int


def claim(
    connection: sa.Connection,
    recovery: model.Recovery,
    expected_epoch: int,
) -> model.Recovery | None:
    """Claim the group and write the recovery down, or return None.

    The one UPDATE decides: of all who try, one finds the group free and
    at the epoch that it has seen.
    """
    claimed = connection.execute(
        sa.update(GROUP)
        .where(
            GROUP.c.id == recovery.group_id,
            GROUP.c.recovery_id.is_(None),
            GROUP.c.epoch == expected_epoch,
        )
        .values(recovery_id=recovery.id, epoch=GROUP.c.epoch + 1)
    )
    if claimed.rowcount != 1:
        return None
    recovery = dataclasses.replace(recovery, epoch=expected_epoch + 1)
    connection.execute(sa.insert(TABLE).values(_values(recovery)))
    if recovery.steps:
        connection.execute(
            sa.insert(STEP),
            [_step_values(recovery.id, record) for record in recovery.steps],
        )
    return recovery


def holds(connection: sa.Connection, claim: Claim, lock: bool = False) -> bool:
    """Say whether the claim is still held.

    :param lock: nobody may take it away before this transaction ends.
    """
    query = (
        sa.select(TABLE.c.id)
        .join(GROUP, GROUP.c.id == TABLE.c.group_id)
        .where(
            TABLE.c.id == claim.recovery_id,
            TABLE.c.state == RUNNING,
            TABLE.c.owner == claim.owner,
            GROUP.c.recovery_id == claim.recovery_id,
            GROUP.c.epoch == claim.epoch,
        )
    )
    if lock:
        query = query.with_for_update()
    return connection.execute(query).first() is not None


def change_steps(
    connection: sa.Connection,
    claim: Claim,
    changes: Mapping[int, Mapping[str, Any]],
) -> bool:
    """Change steps, by position, if the claim is held; else return False."""
    if not holds(connection, claim, lock=True):
        return False
    for position, values in changes.items():
        _set_step(connection, claim, position, values)
    return True


def _set_step(
    connection: sa.Connection,
    claim: Claim,
    position: int,
    values: Mapping[str, Any],
) -> None:
    key = {"recovery_id": claim.recovery_id, "position": position}
    if not _rows.change(connection, STEP, key, values):
        raise errors.NotFound("step", f"{claim.recovery_id}/{position}")


def begun(at: float) -> Mapping[str, Any]:
    """Return what changes in the row of a step that begins."""
    return {"state": states.StepState.STARTED.value, "started_at": at}


def end(
    connection: sa.Connection,
    claim: Claim,
    state: states.RecoveryState,
    at: float,
    reason: str,
    last: model.StepRecord | None,
) -> bool:
    """End the recovery and free its group, or return False.

    :param last: the step that ended it, which ends with it.
    """
    if not holds(connection, claim, lock=True):
        return False
    if last is not None:
        values = {
            "state": last.state.value,
            "ended_at": at,
            "detail": last.detail,
        }
        _set_step(connection, claim, last.position, values)
    connection.execute(
        sa.update(TABLE)
        .where(TABLE.c.id == claim.recovery_id)
        .values(state=state.value, ended_at=at, reason=reason)
    )
    connection.execute(
        sa.update(GROUP)
        .where(GROUP.c.recovery_id == claim.recovery_id)
        .values(recovery_id=None)
    )
    return True


def take_over(
    connection: sa.Connection,
    recovery_id: str,
    from_owner: str,
    to_owner: str,
) -> bool:
    """Make another engine the owner; of all who try, one succeeds."""
    taken = connection.execute(
        sa.update(TABLE)
        .where(
            TABLE.c.id == recovery_id,
            TABLE.c.owner == from_owner,
            TABLE.c.state == RUNNING,
        )
        .values(owner=to_owner)
    )
    return taken.rowcount == 1


def one(connection: sa.Connection, recovery_id: str) -> model.Recovery:
    """Return one recovery with its steps."""
    query = sa.select(TABLE).where(TABLE.c.id == recovery_id)
    rows = connection.execute(query).mappings().all()
    if not rows:
        raise errors.NotFound("recovery", recovery_id)
    return _with_steps(connection, rows)[0]


def keep_facts(
    connection: sa.Connection, recovery_id: str, facts: Mapping[str, Any]
) -> None:
    """Keep the facts that a recovery was decided on, as plain data."""
    kept = {"recovery_id": recovery_id, "data": dict(facts)}
    connection.execute(sa.insert(FACTS).values(kept))


def facts(
    connection: sa.Connection, recovery_id: str
) -> Mapping[str, Any] | None:
    """Return the facts that a recovery was decided on, if any were kept."""
    query = sa.select(FACTS.c.data).where(FACTS.c.recovery_id == recovery_id)
    found: Mapping[str, Any] | None = connection.execute(query).scalar()
    return found


def find(
    connection: sa.Connection,
    wanted: Mapping[str, Any],
    since: float | None,
    limit: int | None,
    bare: bool,
) -> Sequence[model.Recovery]:
    """Return recoveries, newest first; with their steps unless bare."""
    query = (
        sa.select(TABLE)
        .where(*_rows.matches(TABLE, wanted))
        .order_by(TABLE.c.started_at.desc(), TABLE.c.epoch.desc())
        .limit(limit)
    )
    if since is not None:
        query = query.where(TABLE.c.started_at >= since)
    rows = connection.execute(query).mappings().all()
    if bare:
        return [_recovery(row, ()) for row in rows]
    return _with_steps(connection, rows)


def _with_steps(
    connection: sa.Connection, rows: Sequence[sa.RowMapping]
) -> list[model.Recovery]:
    """Return the recoveries of these rows, with one more query."""
    steps = _steps(connection, [row["id"] for row in rows])
    return [_recovery(row, steps[row["id"]]) for row in rows]


def _steps(
    connection: sa.Connection, recovery_ids: Iterable[str]
) -> dict[str, list[model.StepRecord]]:
    found: dict[str, list[model.StepRecord]] = {
        recovery_id: [] for recovery_id in recovery_ids
    }
    query = (
        sa.select(STEP)
        .where(STEP.c.recovery_id.in_(found))
        .order_by(STEP.c.recovery_id, STEP.c.position)
    )
    for row in connection.execute(query).mappings():
        found[row["recovery_id"]].append(_step(row))
    return found


def _values(recovery: model.Recovery) -> dict[str, Any]:
    fault = recovery.fault
    return {
        "id": recovery.id,
        "vnf_id": recovery.vnf_id,
        "group_id": recovery.group_id,
        "epoch": recovery.epoch,
        "zone": fault.zone.value,
        "subject": fault.subject,
        "detected_at": fault.detected_at,
        "last_good_at": fault.last_good_at,
        "evidence": list(fault.evidence),
        "rule": recovery.rule,
        "rung": recovery.rung,
        "state": recovery.state.value,
        "owner": recovery.owner,
        "reasons": list(recovery.reasons),
        "refused": list(recovery.refused),
        "started_at": recovery.started_at,
        "ended_at": recovery.ended_at,
        "reason": recovery.reason,
    }


def _step_values(recovery_id: str, record: model.StepRecord) -> dict[str, Any]:
    return {
        "recovery_id": recovery_id,
        "position": record.position,
        "step_id": record.step.id,
        "action": record.step.action,
        "note": record.step.note,
        "timeout": record.step.timeout,
        "args": dict(record.step.args),
        "marks": record.step.marks,
        "state": record.state.value,
        "started_at": record.started_at,
        "ended_at": record.ended_at,
        "detail": record.detail,
    }


def _recovery(
    row: sa.RowMapping, steps: Sequence[model.StepRecord]
) -> model.Recovery:
    fields: dict[str, Any] = dict(row)
    fault = model.Fault(
        zone=descriptor.Zone(fields.pop("zone")),
        subject=fields.pop("subject"),
        detected_at=fields.pop("detected_at"),
        last_good_at=fields.pop("last_good_at"),
        evidence=tuple(fields.pop("evidence")),
    )
    fields["state"] = states.RecoveryState(fields["state"])
    fields["reasons"] = tuple(fields["reasons"])
    fields["refused"] = tuple(fields["refused"])
    return model.Recovery(**fields, fault=fault, steps=tuple(steps))


def _step(row: sa.RowMapping) -> model.StepRecord:
    return model.StepRecord(
        position=row["position"],
        step=model.Step(
            id=row["step_id"],
            action=row["action"],
            note=row["note"],
            timeout=row["timeout"],
            args=row["args"],
            marks=row["marks"],
        ),
        state=states.StepState(row["state"]),
        started_at=row["started_at"],
        ended_at=row["ended_at"],
        detail=row["detail"],
    )
