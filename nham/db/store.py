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


"""The store: every question and change, each in one transaction.

What goes in and comes out are the records of ``nham.core.model``. Every
method may raise ``errors.DatabaseDown``; those that name one record raise
``errors.NotFound`` if it is not there.
"""

from __future__ import annotations

from collections.abc import Sequence

from nham.core import model
from nham.core import states
from nham.db import database
from nham.db import fleet_store
from nham.db import journal
from nham.db import migration
from nham.db import work_store


class Store(fleet_store.FleetStore, work_store.WorkStore):
    """One database of NHAM; safe for threads and for many processes.

    :param connection: an SQLAlchemy URL; nothing is connected to yet.
    """

    def __init__(self, connection: str) -> None:
        self._db = database.Database(connection)

    def sync(self, revision: str = "head") -> None:
        """Make or change the tables as this version needs them."""
        with self._db.connection() as connection:
            migration.sync(connection, revision)

    def version(self) -> str | None:
        """Return the revision of the tables, None if there are none."""
        with self._db.connection() as connection:
            return migration.version(connection)

    def close(self) -> None:
        """Close all connections."""
        self._db.close()

    # Engines

    def engine_beat(self, engine_id: str, host: str, now: float) -> None:
        """Note that an engine is alive."""
        self._db.write(lambda c: journal.engine_beat(c, engine_id, host, now))

    def engines_alive(self, since: float) -> set[str]:
        """Return the engines that were alive at that time or later."""
        return self._db.read(lambda c: journal.engines_alive(c, since))

    def engine_hosts(self) -> dict[str, float]:
        """Return when the engines of each host were last seen alive."""
        return self._db.read(journal.engine_hosts)

    # Events, hosts, settings

    def add_event(
        self,
        at: float,
        severity: states.Severity,
        kind: str,
        message: str,
        vnf_id: str | None = None,
        host: str | None = None,
    ) -> None:
        """Write an event down."""
        values = {
            "at": at,
            "severity": severity.value,
            "kind": kind,
            "message": message,
            "vnf_id": vnf_id,
            "host": host,
        }
        self._db.write(lambda c: journal.add_event(c, values))

    def events(
        self,
        vnf_id: str | Sequence[str] | None = None,
        after_id: int | None = None,
        limit: int = 100,
    ) -> Sequence[model.Event]:
        """Return events, oldest first.

        :param vnf_id: of this VNF, or of these.
        :param after_id: the first ones after this one; None: the last.
        """
        return self._db.read(
            lambda c: journal.events(c, vnf_id, after_id, limit)
        )

    def host(self, name: str) -> model.HostRecord | None:
        """Return what is known about a host, None if nothing is."""
        found = self._db.read(lambda c: journal.hosts(c, name))
        return found[0] if found else None

    def hosts(self) -> Sequence[model.HostRecord]:
        """Return what is known about all hosts."""
        return self._db.read(journal.hosts)

    def save_host(self, record: model.HostRecord) -> None:
        """Insert or update what NHAM did about a host.

        An update leaves its maintenance, quarantine and lease alone.
        """
        self._db.write(lambda c: journal.save_host(c, record))

    def begin_maintenance(self, name: str, at: float, reason: str) -> bool:
        """Note that a host is worked on; False means: it is already."""
        return self._db.write(
            lambda c: journal.begin_maintenance(c, name, at, reason)
        )

    def end_maintenance(self, name: str) -> bool:
        """Note that it is worked on no more; False means: it was not."""
        return self._db.write(lambda c: journal.end_maintenance(c, name))

    def quarantine(self, name: str, at: float, reason: str) -> bool:
        """Put a host in quarantine; False means: it is in one already."""
        return self._db.write(
            lambda c: journal.quarantine(c, name, at, reason)
        )

    def release(self, name: str, at: float) -> bool:
        """End a host's quarantine; False means: it is in none."""
        return self._db.write(lambda c: journal.release(c, name, at))

    def withdraw_lease(self, name: str, now: float) -> float:
        """Note that a host gets no lease any more; return since when."""
        return self._db.write(lambda c: journal.withdraw_lease(c, name, now))

    def restore_lease(self, name: str, withdrawn_at: float) -> bool:
        """Let a host have leases again; False: withdrawn anew since then."""
        return self._db.write(
            lambda c: journal.restore_lease(c, name, withdrawn_at)
        )

    def setting(self, name: str) -> str | None:
        """Return a setting, None if it is not set."""
        return self._db.read(lambda c: journal.setting(c, name))

    def set_setting(self, name: str, value: str | None) -> None:
        """Set a setting; None removes it."""
        self._db.write(lambda c: journal.set_setting(c, name, value))
