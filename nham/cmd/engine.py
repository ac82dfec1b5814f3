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

"""``nham-engine``: watch, decide, act."""

from __future__ import annotations

from collections.abc import Callable
import sys
import threading

from oslo_config import cfg

from nham import conf as conf_
from nham.cmd import stopping
from nham.db import errors as db_errors
from nham.db import store as store_
from nham.engine import service as engine_service

Make = Callable[[cfg.ConfigOpts], engine_service.EngineService]


def main() -> int:
    """Run an engine until SIGTERM; SIGHUP reads the log levels anew."""
    return run("nham-engine", engine_service.EngineService)


def run(name: str, make: Make, own_database: bool = False) -> int:
    """Run a service with an engine in it.

    :param own_database: make the tables where there are none.
    :returns: 0 after a signal, 1 if the database or the port is not ready.
    """
    with conf_.fail_early(name):
        conf = conf_.load(sys.argv[1:], prog=name)
        conf_.start_logging(conf)
        made = make(conf)
    problem = _database_problem(conf, own_database)
    if problem:
        print(f"{name}: database: {problem}", file=sys.stderr)
        return 1
    stop = threading.Event()
    stopping.at_signals(stop)
    conf_.reload_on_hangup(conf)
    try:
        made.start()
    except OSError as error:
        print(f"{name}: {error}", file=sys.stderr)
        return 1
    stop.wait()
    made.stop()
    return 0


def _database_problem(conf: cfg.ConfigOpts, make_tables: bool) -> str:
    """Return why an engine cannot begin; one that is down may come back."""
    store = store_.Store(conf.database.connection)
    try:
        if make_tables:
            store.sync()
        elif store.version() is None:
            return "it has no tables; run `nham-manage db sync` first"
    except db_errors.DatabaseDown:
        return ""
    finally:
        store.close()
    return ""
