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


"""Make and change the tables, with alembic."""

from __future__ import annotations

from alembic import command
from alembic import config
from alembic import migration
from alembic import script
import sqlalchemy as sa

SCRIPTS = "nham.db:migrations"


def sync(connection: sa.Connection, revision: str = "head") -> None:
    """Bring the tables to a revision, up or down.

    :param revision: as ``alembic`` names it, e.g. ``head`` or ``base``.
    """
    settings = _config(connection)
    if revision == "base":
        command.downgrade(settings, revision)
    else:
        command.upgrade(settings, revision)


def version(connection: sa.Connection) -> str | None:
    """Return the revision of the tables, None if there are none."""
    context = migration.MigrationContext.configure(connection)
    return context.get_current_revision()


def newest() -> str | None:
    """Return the revision that this version of NHAM needs."""
    settings = config.Config()
    settings.set_main_option("script_location", SCRIPTS)
    return script.ScriptDirectory.from_config(settings).get_current_head()


def _config(connection: sa.Connection) -> config.Config:
    settings = config.Config(attributes={"connection": connection})
    settings.set_main_option("script_location", SCRIPTS)
    return settings
