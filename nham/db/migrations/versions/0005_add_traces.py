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


"""Remember who may have made things in the cloud, also when it is gone."""

from __future__ import annotations

from alembic import op
import sqlalchemy as sa

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Go to this revision; who is there by now is remembered, too."""
    trace = op.create_table(
        "trace",
        sa.Column("id", sa.String(64), primary_key=True),
        sa.Column("name", sa.String(255), nullable=False),
        sa.Column("left_at", sa.Double(), nullable=True),
        mysql_engine="InnoDB",
        mysql_charset="utf8mb4",
    )
    columns = ["id", "name", "left_at"]
    nothing = sa.null().label("left_at")
    group = sa.table("replica_group", sa.column("id"))
    op.execute(
        trace.insert().from_select(
            columns, sa.select(group.c.id, sa.literal(""), nothing)
        )
    )
    member = sa.table(
        "group_member", sa.column("id"), sa.column("name"), sa.column("kind")
    )
    ours = sa.select(member.c.id, member.c.name, nothing).where(
        member.c.kind == "server"
    )
    op.execute(trace.insert().from_select(columns, ours))


def downgrade() -> None:
    """Go back."""
    op.drop_table("trace")
