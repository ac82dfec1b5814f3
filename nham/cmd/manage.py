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


"""nham-manage: the database, by hand."""

from __future__ import annotations

from collections.abc import Sequence
import sys
from typing import Any

from oslo_config import cfg

from nham import conf as nham_conf
from nham.db import errors
from nham.db import migration
from nham.db import store as store_


def main(argv: Sequence[str] | None = None) -> int:
    """Run a sub-command.

    :returns: 0 if all is well, 1 if it failed, 2 if it was asked wrongly.
    """
    command = cfg.SubCommandOpt(
        "command", title="Commands", handler=_add_commands
    )
    arguments = sys.argv[1:] if argv is None else argv
    with nham_conf.fail_early("nham-manage"):
        conf = nham_conf.load(arguments, prog="nham-manage", cli=[command])
    nham_conf.start_logging(conf)
    store = store_.Store(conf.database.connection)
    try:
        print(conf.command.run(store))
    except (errors.StoreError, OSError) as error:
        print(f"nham-manage: {error}", file=sys.stderr)
        return 1
    finally:
        store.close()
    return 0


def _add_commands(subparsers: Any) -> None:
    database = subparsers.add_parser("db", help="Make or show the tables.")
    commands = database.add_subparsers(required=True, metavar="COMMAND")
    sync = commands.add_parser(
        "sync", help="Make or change the tables as this version needs them."
    )
    sync.set_defaults(run=_sync)
    version = commands.add_parser(
        "version", help="Show the revision of the tables."
    )
    version.set_defaults(run=_version)


def _sync(store: store_.Store) -> str:
    before = store.version()
    store.sync()
    after = store.version()
    if before == after:
        return f"The tables are at {after} already"
    return f"The tables went from {before or 'nothing'} to {after}"


def _version(store: store_.Store) -> str:
    return f"{store.version() or 'none'} (this version: {migration.newest()})"


if __name__ == "__main__":
    sys.exit(main())
