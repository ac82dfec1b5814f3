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

"""Add by what it is known that no VNF, group or member has changed."""

from __future__ import annotations

from alembic import op
import sqlalchemy as sa

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

_TABLES = ("vnf", "replica_group", "group_member")


def upgrade() -> None:
    """Go to this revision."""
    for name in _TABLES:
        with op.batch_alter_table(name) as table:
            table.add_column(
                sa.Column(
                    "stamp",
                    sa.BigInteger(),
                    nullable=False,
                    server_default="0",
                )
            )


def downgrade() -> None:
    """Go back."""
    for name in _TABLES:
        with op.batch_alter_table(name) as table:
            table.drop_column("stamp")
