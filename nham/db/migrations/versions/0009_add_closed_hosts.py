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

"""Add hosts in maintenance and in quarantine."""

from __future__ import annotations

from alembic import op
import sqlalchemy as sa

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

_TIMES = ("maintenance_at", "quarantined_at", "released_at")
_REASONS = ("maintenance_reason", "quarantine_reason")


def upgrade() -> None:
    """Go to this revision."""
    with op.batch_alter_table("host") as table:
        for name in _TIMES:
            table.add_column(sa.Column(name, sa.Double()))
        for name in _REASONS:
            # MySQL gives no default to a TEXT.
            table.add_column(
                sa.Column(
                    name, sa.String(1000), nullable=False, server_default=""
                )
            )


def downgrade() -> None:
    """Go back."""
    with op.batch_alter_table("host") as table:
        for name in (*_TIMES, *_REASONS):
            table.drop_column(name)
