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

"""Databases and their schemas, each made once."""

import concurrent.futures
import dataclasses
import os

from tc import config
from tc import proc
from tc import settings

MARKS = settings.DATA / "schema"
MYSQL_LOG = settings.LOG / "schema-databases.log"


@dataclasses.dataclass(frozen=True)
class Step:
    """One command that prepares a service's data."""

    name: str
    argv: tuple[str, ...]
    databases: tuple[str, ...] = ()


def _sql(text: str) -> None:
    proc.run(
        [
            "mariadb",
            "--no-defaults",
            "-uroot",
            "-S",
            f"{settings.RUN}/mysql.sock",
        ],
        MYSQL_LOG,
        stdin=text,
    )


def _databases() -> None:
    mark = MARKS / "databases"
    if not mark.exists():
        _sql(config.render("schema.sql"))
        mark.touch()


def _step(
    name: str,
    tool: str,
    *args: str,
    conf: tuple[str, ...],
    databases: tuple[str, ...] = (),
) -> Step:
    argv = [f"{settings.BIN}/{tool}"]
    for path in conf:
        argv += ["--config-file", f"{settings.ETC}/{path}"]
    return Step(name, (*argv, *args), databases)


def _keystone() -> list[Step]:
    conf = ("keystone/keystone.conf",)
    owner = ("--keystone-user", "root", "--keystone-group", "root")
    url = settings.AUTH_URL
    tool = "keystone-manage"
    return [
        _step("keystone", tool, "db_sync", conf=conf, databases=("keystone",)),
        _step("keystone-fernet", tool, "fernet_setup", *owner, conf=conf),
        _step(
            "keystone-credential", tool, "credential_setup", *owner, conf=conf
        ),
        _step(
            "keystone-bootstrap",
            tool,
            "bootstrap",
            "--bootstrap-password",
            settings.password(),
            "--bootstrap-admin-url",
            url,
            "--bootstrap-internal-url",
            url,
            "--bootstrap-public-url",
            url,
            "--bootstrap-region-id",
            "RegionOne",
            conf=conf,
        ),
    ]


def _nova() -> list[Step]:
    conf = ("nova/nova.conf",)
    tool = "nova-manage"
    return [
        _step(
            "nova-api",
            tool,
            "api_db",
            "sync",
            conf=conf,
            databases=("nova_api",),
        ),
        _step(
            "nova-cell0",
            tool,
            "cell_v2",
            "map_cell0",
            "--database_connection",
            settings.db_url("nova_cell0"),
            conf=conf,
        ),
        _step(
            "nova-cell1",
            tool,
            "cell_v2",
            "create_cell",
            "--name=cell1",
            conf=conf,
        ),
        _step(
            "nova",
            tool,
            "db",
            "sync",
            conf=conf,
            databases=("nova", "nova_cell0"),
        ),
    ]


def _others() -> list[Step]:
    # service, tool, its words, its configuration
    table = (
        ("placement", "placement-manage", "db sync", "placement.conf"),
        ("glance", "glance-manage", "db_sync", "glance-api.conf"),
        (
            "neutron",
            "neutron-db-manage",
            "upgrade heads",
            "neutron.conf ml2_conf.ini",
        ),
        ("cinder", "cinder-manage", "db sync", "cinder.conf"),
        ("heat", "heat-manage", "db_sync", "heat.conf"),
        ("tacker", "tacker-db-manage", "upgrade head", "tacker.conf"),
        ("octavia", "octavia-db-manage", "upgrade head", "octavia.conf"),
    )
    return [
        _step(
            name,
            tool,
            *words.split(),
            conf=tuple(f"{name}/{path}" for path in configs.split()),
            databases=(name,),
        )
        for name, tool, words, configs in table
    ]


def _run_step(step: Step) -> None:
    mark = MARKS / step.name
    begun = MARKS / f"{step.name}.begun"
    if mark.exists():
        return
    for name in step.databases:
        # MariaDB cannot undo half a migration: begin with nothing.
        drop = f"DROP DATABASE IF EXISTS {name}; " if begun.exists() else ""
        _sql(
            f"{drop}CREATE DATABASE IF NOT EXISTS {name} "
            "CHARACTER SET utf8mb3;"
        )
    begun.touch()
    env = settings.base_env() | {
        "OS_PLACEMENT_CONFIG_DIR": f"{settings.ETC}/placement"
    }
    log = settings.LOG / f"schema-{step.name}.log"
    done = proc.run(step.argv, log, env=env, check=False)
    # create_cell answers 2 if an interrupted run made the cell already.
    good = (0, 2) if step.name == "nova-cell1" else (0,)
    if done.returncode not in good:
        raise settings.Failure(f"schema step {step.name} failed", log)
    mark.touch()
    begun.unlink()


def _run_chain(chain: list[Step]) -> None:
    for step in chain:
        _run_step(step)


def chains() -> list[list[Step]]:
    """Return all steps, in two chains to use two processors."""
    return [[*_keystone(), *_nova()], _others()]


def up() -> None:
    """Make all schemas."""
    MARKS.mkdir(parents=True, exist_ok=True)
    _databases()
    workers = min(2, os.cpu_count() or 1)
    with concurrent.futures.ThreadPoolExecutor(workers) as pool:
        for result in [pool.submit(_run_chain, chain) for chain in chains()]:
            result.result()
