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


"""Make the tables."""

from __future__ import annotations

from typing import Any

from alembic import op
import sqlalchemy as sa

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

# In the order of their foreign keys.
TABLES = (
    "vnf",
    "replica_group",
    "group_member",
    "checkpoint",
    "recovery",
    "recovery_step",
    "event",
    "host",
    "engine",
    "setting",
)

ID = sa.String(64)
NAME = sa.String(255)
WORD = sa.String(32)


def upgrade() -> None:
    """Go to this revision."""
    _make_vnf()
    _make_group()
    _make_member()
    _make_checkpoint()
    _make_recovery()
    _make_step()
    _make_event()
    _make_host_engine_setting()


def downgrade() -> None:
    """Go back."""
    for name in reversed(TABLES):
        op.drop_table(name)


def _table(name: str, *parts: Any, **options: Any) -> None:
    op.create_table(
        name,
        *parts,
        mysql_engine="InnoDB",
        mysql_charset="utf8mb4",
        **options,
    )


def _index(table: str, *columns: str) -> None:
    for column in columns:
        op.create_index(f"ix_{table}_{column}", table, [column])


def _must(name: str, kind: Any, **options: Any) -> sa.Column[Any]:
    return sa.Column(name, kind, nullable=False, **options)


def _may(name: str, kind: Any) -> sa.Column[Any]:
    return sa.Column(name, kind, nullable=True)


def _make_vnf() -> None:
    _table(
        "vnf",
        _must("id", ID),
        _must("name", NAME),
        _must("source", WORD),
        _must("project_id", ID),
        _may("instance_id", ID),
        _may("vnfd_id", ID),
        _must("policies", sa.JSON()),
        _must("state", WORD),
        _must("reason", sa.Text()),
        _must("paused", sa.Boolean()),
        _must("created_at", sa.Double()),
        sa.PrimaryKeyConstraint("id", name="pk_vnf"),
        sa.UniqueConstraint("instance_id", name="uq_vnf_instance_id"),
    )
    _index("vnf", "project_id")


def _make_group() -> None:
    _table(
        "replica_group",
        _must("id", ID),
        _must("vnf_id", ID),
        _must("vnfc", NAME),
        _must("vdu", NAME),
        _must("mechanism", WORD),
        _must("epoch", sa.Integer()),
        _may("recovery_id", ID),
        _must("last_sequence", sa.Integer()),
        sa.PrimaryKeyConstraint("id", name="pk_replica_group"),
        sa.ForeignKeyConstraint(
            ["vnf_id"], ["vnf.id"], name="fk_replica_group_vnf_id"
        ),
        sa.UniqueConstraint(
            "vnf_id", "vnfc", name="uq_replica_group_vnf_id_vnfc"
        ),
    )


def _make_member() -> None:
    _table(
        "group_member",
        _must("id", ID),
        _must("group_id", ID),
        _must("server_id", ID),
        _must("role", WORD),
        _may("host", NAME),
        _may("image_id", ID),
        _must("volume_backed", sa.Boolean()),
        _must("answered", sa.Boolean()),
        sa.PrimaryKeyConstraint("id", name="pk_group_member"),
        sa.ForeignKeyConstraint(
            ["group_id"],
            ["replica_group.id"],
            name="fk_group_member_group_id",
        ),
    )
    _index("group_member", "group_id", "server_id")


def _make_checkpoint() -> None:
    _table(
        "checkpoint",
        _must("id", ID),
        _must("vnf_id", ID),
        _must("group_id", ID),
        _must("server_id", ID),
        _must("engine", WORD),
        _must("sequence", sa.Integer()),
        _must("state", WORD),
        _must("cut_at", sa.Double()),
        _must("trigger_word", WORD),
        _may("completed_at", sa.Double()),
        _must("consistency", WORD),
        _must("artifacts", sa.JSON()),
        _must("reason", sa.Text()),
        sa.PrimaryKeyConstraint("id", name="pk_checkpoint"),
        sa.UniqueConstraint(
            "group_id", "sequence", name="uq_checkpoint_group_id_sequence"
        ),
    )
    _index("checkpoint", "vnf_id")


def _make_recovery() -> None:
    _table(
        "recovery",
        _must("id", ID),
        _must("vnf_id", ID),
        _must("group_id", ID),
        _must("epoch", sa.Integer()),
        _must("zone", WORD),
        _must("subject", NAME),
        _must("detected_at", sa.Double()),
        _may("last_good_at", sa.Double()),
        _must("evidence", sa.JSON()),
        _must("rule", NAME),
        _must("rung", NAME),
        _must("state", WORD),
        _must("owner", NAME),
        _must("reasons", sa.JSON()),
        _must("refused", sa.JSON()),
        _must("started_at", sa.Double()),
        _may("ended_at", sa.Double()),
        _must("reason", sa.Text()),
        sa.PrimaryKeyConstraint("id", name="pk_recovery"),
    )
    _index("recovery", "vnf_id", "group_id", "state", "started_at")


def _make_step() -> None:
    _table(
        "recovery_step",
        _must("recovery_id", ID),
        _must("position", sa.Integer()),
        _must("step_id", NAME),
        _must("action", NAME),
        _must("note", sa.Text()),
        _must("timeout", sa.Double()),
        _must("args", sa.JSON()),
        _may("marks", WORD),
        _must("state", WORD),
        _may("started_at", sa.Double()),
        _may("ended_at", sa.Double()),
        _must("detail", sa.Text()),
        sa.PrimaryKeyConstraint(
            "recovery_id", "position", name="pk_recovery_step"
        ),
        sa.ForeignKeyConstraint(
            ["recovery_id"],
            ["recovery.id"],
            name="fk_recovery_step_recovery_id",
        ),
    )


def _make_event() -> None:
    number = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
    _table(
        "event",
        _must("id", number, autoincrement=True),
        _must("at", sa.Double()),
        _must("severity", WORD),
        _must("kind", NAME),
        _must("message", sa.Text()),
        _may("vnf_id", ID),
        _may("host", NAME),
        sa.PrimaryKeyConstraint("id", name="pk_event"),
        sqlite_autoincrement=True,
    )
    _index("event", "vnf_id")


def _make_host_engine_setting() -> None:
    _table(
        "host",
        _must("name", NAME),
        _may("fenced_at", sa.Double()),
        _must("proof", sa.Text()),
        _must("forced_down", sa.Boolean()),
        sa.PrimaryKeyConstraint("name", name="pk_host"),
    )
    _table(
        "engine",
        _must("id", NAME),
        _must("host", NAME),
        _must("seen_at", sa.Double()),
        sa.PrimaryKeyConstraint("id", name="pk_engine"),
    )
    _index("engine", "seen_at")
    _table(
        "setting",
        _must("name", NAME),
        _must("value", sa.Text()),
        sa.PrimaryKeyConstraint("name", name="pk_setting"),
    )
