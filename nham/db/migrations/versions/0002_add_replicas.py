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

"""Add what a replica group and its members need."""

from __future__ import annotations

from alembic import op
import sqlalchemy as sa

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

ID = sa.String(64)
WORD = sa.String(32)

GROUP = ("service_id", "service_ip", "access_id", "access_ip")
MEMBER = ("kind", "name", "port_id", "sequence", "importing_until")


def upgrade() -> None:
    """Go to this revision."""
    with op.batch_alter_table("replica_group") as table:
        for name in GROUP:
            table.add_column(sa.Column(name, ID, nullable=True))
    with op.batch_alter_table("group_member") as table:
        table.add_column(
            sa.Column("kind", WORD, nullable=False, server_default="vnfc")
        )
        table.add_column(
            sa.Column(
                "name", sa.String(255), nullable=False, server_default=""
            )
        )
        table.add_column(sa.Column("port_id", ID, nullable=True))
        table.add_column(
            sa.Column(
                "sequence", sa.Integer(), nullable=False, server_default="0"
            )
        )
        table.add_column(
            sa.Column("importing_until", sa.Double(), nullable=True)
        )


def downgrade() -> None:
    """Go back."""
    with op.batch_alter_table("group_member") as table:
        for name in reversed(MEMBER):
            table.drop_column(name)
    with op.batch_alter_table("replica_group") as table:
        for name in reversed(GROUP):
            table.drop_column(name)
