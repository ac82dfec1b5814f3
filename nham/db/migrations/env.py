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


"""How alembic runs the revisions: on the connection it is handed."""

from __future__ import annotations

from alembic import context

from nham.db import models


def run() -> None:
    """Run the revisions that were asked for in one transaction.

    MySQL commits each change of a table by itself; SQLite and PostgreSQL
    go back as a whole if a revision fails.
    """
    connection = context.config.attributes["connection"]
    context.configure(
        connection=connection,
        target_metadata=models.metadata,
        # SQLite changes a table only by making it anew.
        render_as_batch=True,
    )
    with connection.begin():
        context.run_migrations()


run()
