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


"""The tables, each column with what it is for where its name does not say.

Times are seconds since the epoch in doubles. Lists and mappings that
nothing ever searches in are JSON. Checkpoints, recoveries and events
outlive their VNF, so they have no foreign key to it.
"""

from __future__ import annotations

import secrets
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import mysql

metadata = sa.MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)

ID = sa.String(64)
NAME = sa.String(255)
WORD = sa.String(32)
REASON = sa.String(1000)
# MySQL's FLOAT has 24 bits, too few for a time.
TIME: sa.Double[float] = sa.Double()
# SQLite numbers rows by itself only in a column of type INTEGER.
NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
# MySQL's own default ends at 64 KiB.
BLOB = sa.LargeBinary().with_variant(mysql.LONGBLOB(), "mysql")
# Enough that two rows hardly have the same, few enough to be summed up.
_STAMP_BITS = 40
# MySQL takes "a" and "A" for the same unless told otherwise.
EXACT = NAME.with_variant(
    mysql.VARCHAR(255, charset="utf8mb4", collation="utf8mb4_bin"), "mysql"
)


def _stamp() -> sa.Column[int]:
    """Return a column by whose sum it is known whether any row has changed.

    Each row begins with a number that is drawn for it, and counts on by
    itself with each change: so neither an update, nor a row that takes the
    place of another, leaves the sum as it was.
    """
    return sa.Column(
        "stamp",
        sa.BigInteger(),
        nullable=False,
        server_default="0",
        default=lambda: secrets.randbits(_STAMP_BITS),
        onupdate=sa.literal_column("stamp + 1"),
    )


def _table(name: str, *parts: Any, **options: Any) -> sa.Table:
    """Return a table that every supported database makes alike."""
    return sa.Table(
        name,
        metadata,
        *parts,
        mysql_engine="InnoDB",
        mysql_charset="utf8mb4",
        **options,
    )


vnf = _table(
    "vnf",
    sa.Column("id", ID, primary_key=True),
    sa.Column("name", NAME, nullable=False),
    sa.Column("source", WORD, nullable=False),
    sa.Column("project_id", ID, nullable=False, index=True),
    sa.Column("instance_id", ID, unique=True),
    sa.Column("vnfd_id", ID),
    sa.Column("policies", sa.JSON(), nullable=False),
    sa.Column("state", WORD, nullable=False),
    sa.Column("reason", sa.Text(), nullable=False),
    sa.Column("paused", sa.Boolean(), nullable=False),
    sa.Column("created_at", TIME, nullable=False),
    _stamp(),
)

group = _table(
    "replica_group",
    sa.Column("id", ID, primary_key=True),
    sa.Column("vnf_id", ID, sa.ForeignKey("vnf.id"), nullable=False),
    sa.Column("vnfc", NAME, nullable=False),
    sa.Column("vdu", NAME, nullable=False),
    sa.Column("mechanism", WORD, nullable=False),
    sa.Column("epoch", sa.Integer(), nullable=False),
    # The claim: the recovery that may act on the group.
    sa.Column("recovery_id", ID),
    # Counts checkpoints for ever, so that no number is used twice.
    sa.Column("last_sequence", sa.Integer(), nullable=False),
    # Floating IPs: the one that clients use, and the standby's.
    sa.Column("service_id", ID),
    sa.Column("service_ip", ID),
    sa.Column("access_id", ID),
    sa.Column("access_ip", ID),
    _stamp(),
    sa.UniqueConstraint("vnf_id", "vnfc"),
)

member = _table(
    "group_member",
    sa.Column("id", ID, primary_key=True),
    sa.Column(
        "group_id",
        ID,
        sa.ForeignKey("replica_group.id"),
        nullable=False,
        index=True,
    ),
    sa.Column("server_id", ID, nullable=False, index=True),
    sa.Column("role", WORD, nullable=False),
    sa.Column("host", NAME),
    sa.Column("image_id", ID),
    sa.Column("volume_backed", sa.Boolean(), nullable=False),
    sa.Column("answered", sa.Boolean(), nullable=False),
    sa.Column("kind", WORD, nullable=False, server_default="vnfc"),
    sa.Column("name", NAME, nullable=False, server_default=""),
    sa.Column("port_id", ID),
    # These belong to whoever gives it state; see note_state and note_disk.
    sa.Column("sequence", sa.Integer(), nullable=False, server_default="0"),
    sa.Column("importing_until", TIME),
    sa.Column("disk_at", TIME),
    # For a balancer, and the floating IP by which NHAM asks it.
    sa.Column("address", ID),
    sa.Column("access_id", ID),
    sa.Column("access_ip", ID),
    sa.Column(
        "parked", sa.Boolean(), nullable=False, server_default=sa.false()
    ),
    _stamp(),
)

checkpoint = _table(
    "checkpoint",
    sa.Column("id", ID, primary_key=True),
    sa.Column("vnf_id", ID, nullable=False, index=True),
    sa.Column("group_id", ID, nullable=False),
    sa.Column("server_id", ID, nullable=False),
    sa.Column("engine", WORD, nullable=False),
    sa.Column("sequence", sa.Integer(), nullable=False),
    sa.Column("state", WORD, nullable=False),
    sa.Column("cut_at", TIME, nullable=False),
    # TRIGGER is a word of SQL itself.
    sa.Column("trigger_word", WORD, key="trigger", nullable=False),
    sa.Column("completed_at", TIME),
    sa.Column("consistency", WORD, nullable=False),
    sa.Column("artifacts", sa.JSON(), nullable=False),
    sa.Column("reason", sa.Text(), nullable=False),
    sa.UniqueConstraint("group_id", "sequence"),
)

recovery = _table(
    "recovery",
    sa.Column("id", ID, primary_key=True),
    sa.Column("vnf_id", ID, nullable=False, index=True),
    sa.Column("group_id", ID, nullable=False, index=True),
    sa.Column("epoch", sa.Integer(), nullable=False),
    sa.Column("zone", WORD, nullable=False),
    sa.Column("subject", NAME, nullable=False),
    sa.Column("detected_at", TIME, nullable=False),
    sa.Column("last_good_at", TIME),
    sa.Column("evidence", sa.JSON(), nullable=False),
    sa.Column("rule", NAME, nullable=False),
    sa.Column("rung", NAME, nullable=False),
    sa.Column("state", WORD, nullable=False, index=True),
    sa.Column("owner", NAME, nullable=False),
    sa.Column("reasons", sa.JSON(), nullable=False),
    sa.Column("refused", sa.JSON(), nullable=False),
    sa.Column("started_at", TIME, nullable=False, index=True),
    sa.Column("ended_at", TIME),
    sa.Column("reason", sa.Text(), nullable=False),
)

step = _table(
    "recovery_step",
    sa.Column(
        "recovery_id", ID, sa.ForeignKey("recovery.id"), primary_key=True
    ),
    sa.Column("position", sa.Integer(), primary_key=True),
    sa.Column("step_id", NAME, nullable=False),
    sa.Column("action", NAME, nullable=False),
    sa.Column("note", sa.Text(), nullable=False),
    sa.Column("timeout", TIME, nullable=False),
    sa.Column("args", sa.JSON(), nullable=False),
    sa.Column("marks", WORD),
    sa.Column("state", WORD, nullable=False),
    sa.Column("started_at", TIME),
    sa.Column("ended_at", TIME),
    sa.Column("detail", sa.Text(), nullable=False),
)

# Beside its recovery, of which lists are read all the time.
recovery_facts = _table(
    "recovery_facts",
    sa.Column(
        "recovery_id", ID, sa.ForeignKey("recovery.id"), primary_key=True
    ),
    sa.Column("data", sa.JSON(), nullable=False),
)

event = _table(
    "event",
    sa.Column("id", NUMBER, primary_key=True, autoincrement=True),
    sa.Column("at", TIME, nullable=False),
    sa.Column("severity", WORD, nullable=False),
    sa.Column("kind", NAME, nullable=False),
    sa.Column("message", sa.Text(), nullable=False),
    sa.Column("vnf_id", ID, index=True),
    sa.Column("host", NAME),
    sqlite_autoincrement=True,
)

host = _table(
    "host",
    sa.Column("name", NAME, primary_key=True),
    sa.Column("fenced_at", TIME),
    sa.Column("proof", sa.Text(), nullable=False),
    sa.Column("forced_down", sa.Boolean(), nullable=False),
    # These belong to the operator, and to who puts it in quarantine; see
    # begin_maintenance and quarantine.
    sa.Column("maintenance_at", TIME),
    sa.Column("maintenance_reason", REASON, nullable=False, server_default=""),
    sa.Column("quarantined_at", TIME),
    sa.Column("quarantine_reason", REASON, nullable=False, server_default=""),
    sa.Column("released_at", TIME),
    sa.Column("lease_withdrawn_at", TIME),
)

engine = _table(
    "engine",
    sa.Column("id", NAME, primary_key=True),
    sa.Column("host", NAME, nullable=False),
    sa.Column("seen_at", TIME, nullable=False, index=True),
)

setting = _table(
    "setting",
    sa.Column("name", NAME, primary_key=True),
    sa.Column("value", sa.Text(), nullable=False),
)

trace = _table(
    "trace",
    # Of a group, or of a member that is NHAM's own server.
    sa.Column("id", ID, primary_key=True),
    sa.Column("name", NAME, nullable=False),
    sa.Column("left_at", TIME),
)

state_blob = _table(
    "state_blob",
    sa.Column("name", EXACT, primary_key=True),
    sa.Column("data", BLOB, nullable=False),
    sa.Column("digest", NAME, nullable=False),
    sa.Column("size", sa.BigInteger(), nullable=False),
    sa.Column("created_at", TIME, nullable=False),
)
