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

"""The control plane: which services there are and how each is started."""

import dataclasses

from tc import health
from tc import proc
from tc import settings

ETC = settings.ETC
IP = settings.HOST_IP


@dataclasses.dataclass(frozen=True)
class Service:
    """One process of the control plane."""

    name: str
    argv: tuple[str, ...]
    env: dict[str, str] = dataclasses.field(default_factory=dict)
    port: int | None = None
    http: bool = False
    sockets: tuple[str, ...] = ()
    grace: float = 4

    def process(self) -> proc.Process:
        """Return the handle of its process."""
        return proc.Process(self.name)

    def start(self) -> None:
        """Start it unless it runs."""
        self.process().start(self.argv, settings.base_env() | self.env)

    def healthy(self) -> bool:
        """Tell whether it runs and answers."""
        if not self.process().pid():
            return False
        if not health.sockets_open(self.sockets):
            return False
        if self.port is None:
            return True
        if self.http:
            return health.http_answers(f"http://{IP}:{self.port}/")
        return health.port_open(self.port)


def _wsgi(
    name: str,
    port: int,
    module: str,
    threads: int = 4,
    args: str = "",
    **env: str,
) -> Service:
    """Return a service that only exists as a WSGI module."""
    argv = (
        f"{settings.BIN}/gunicorn",
        "-b",
        f"{IP}:{port}",
        "-w",
        "1",
        "-k",
        "gthread",
        "--threads",
        str(threads),
        "--keep-alive",
        "5",
        "--timeout",
        "300",
        "--graceful-timeout",
        "2",
        "testcloud_wsgi:application",
    )
    env |= {
        "TESTCLOUD_WSGI_MODULE": module,
        "TESTCLOUD_WSGI_ARGS": args,
        "PYTHONPATH": str(settings.SHIMS),
    }
    return Service(name, argv, env, port, http=True)


def _script(
    name: str, *configs: str, port: int | None = None, program: str = ""
) -> Service:
    argv = [f"{settings.BIN}/{program or name}"]
    for config in configs:
        argv += ["--config-file", f"{ETC}/{config}"]
    return Service(name, tuple(argv), port=port, http=port is not None)


def _mariadb() -> Service:
    data = settings.DATA / "mysql"
    # Durability against power loss is of no use to a test cloud; speed is.
    return Service(
        "mariadb",
        (
            "mariadbd",
            "--no-defaults",
            "--user=mysql",
            f"--datadir={data}",
            f"--socket={settings.RUN}/mysql.sock",
            f"--bind-address={IP}",
            "--port=3306",
            "--max-connections=1000",
            "--skip-log-bin",
            "--character-set-server=utf8mb3",
            "--collation-server=utf8mb3_general_ci",
            "--innodb-flush-log-at-trx-commit=0",
            "--innodb-doublewrite=0",
            "--innodb-buffer-pool-size=512M",
            "--innodb-flush-method=nosync",
            "--skip-name-resolve",
            f"--pid-file={settings.RUN}/mysql-own.pid",
        ),
        port=3306,
        grace=15,
    )


def _epmd_env() -> dict[str, str]:
    # An own port: another Erlang on the machine may have the usual one.
    return {"ERL_EPMD_ADDRESS": "127.0.0.1", "ERL_EPMD_PORT": "4370"}


def _as_rabbit(*argv: str) -> tuple[str, ...]:
    return (
        "setpriv",
        "--reuid",
        "rabbitmq",
        "--regid",
        "rabbitmq",
        "--clear-groups",
        *argv,
    )


# Local connections only, and no busy waiting of idle schedulers.
_ERL_ARGS = (
    "-kernel inet_dist_use_interface {127,0,0,1} +sbwt none "
    "+sbwtdcpu none +sbwtdio none +S 2:2"
)


def _rabbitmq() -> Service:
    data = settings.DATA / "rabbit"
    env = _epmd_env() | {
        "HOME": str(data),
        "RABBITMQ_NODENAME": "testcloud@localhost",
        "RABBITMQ_CONFIG_FILE": f"{ETC}/rabbitmq",
        "RABBITMQ_CONF_ENV_FILE": f"{ETC}/rabbit-env.conf",
        "RABBITMQ_ENABLED_PLUGINS_FILE": f"{ETC}/enabled_plugins",
        "RABBITMQ_MNESIA_BASE": f"{data}/mnesia",
        "RABBITMQ_LOG_BASE": f"{data}/log",
        "RABBITMQ_LOGS": "-",
        "RABBITMQ_DIST_PORT": "25672",
        "RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS": _ERL_ARGS,
    }
    return Service(
        "rabbitmq",
        _as_rabbit("/usr/lib/rabbitmq/bin/rabbitmq-server"),
        env,
        5672,
        grace=10,
    )


def _ovn_db(short: str, port: int) -> Service:
    run = settings.RUN / "ovn"
    return Service(
        f"ovn-{short}",
        (
            "ovsdb-server",
            f"{settings.DATA}/ovn/ovn{short}.db",
            f"--remote=punix:{run}/ovn{short}_db.sock",
            f"--remote=ptcp:{port}:{IP}",
            f"--unixctl={run}/ovn{short}_db.ctl",
            "-vconsole:warn",
        ),
        _ovn_env(),
        port,
    )


def _ovn_env() -> dict[str, str]:
    return {
        "OVS_RUNDIR": str(settings.RUN / "ovn"),
        "OVN_RUNDIR": str(settings.RUN / "ovn"),
        "OVN_DBDIR": str(settings.DATA / "ovn"),
    }


def _northd() -> Service:
    run = settings.RUN / "ovn"
    return Service(
        "ovn-northd",
        (
            "ovn-northd",
            f"--ovnnb-db=unix:{run}/ovnnb_db.sock",
            f"--ovnsb-db=unix:{run}/ovnsb_db.sock",
            f"--unixctl={run}/northd.ctl",
            "-vconsole:warn",
        ),
        _ovn_env(),
    )


def infra() -> list[Service]:
    """Return what everything else needs, in the order of starting."""
    return [
        _mariadb(),
        Service(
            "epmd",
            _as_rabbit("epmd", "-port", "4370", "-address", "127.0.0.1"),
            _epmd_env(),
        ),
        _rabbitmq(),
        Service(
            "memcached",
            ("memcached", "-u", "nobody", "-l", IP, "-p", "11211", "-m", "64"),
            port=11211,
        ),
        _ovn_db("nb", 6641),
        _ovn_db("sb", 6642),
        _northd(),
    ]


def first_apis() -> list[Service]:
    """Return the services that may start before the catalogue is full."""
    return [
        _wsgi(
            "keystone",
            5000,
            "keystone.wsgi.api",
            8,
            OS_KEYSTONE_CONFIG_DIR=f"{ETC}/keystone",
        ),
        _wsgi(
            "placement",
            8778,
            "placement.wsgi.api",
            OS_PLACEMENT_CONFIG_DIR=f"{ETC}/placement",
        ),
        _wsgi(
            "glance-api",
            9292,
            "glance.wsgi.api",
            6,
            OS_GLANCE_CONFIG_DIR=f"{ETC}/glance",
        ),
        # Without ASGI_WORKERS neutron counts no API worker and loses
        # every OVN event.
        _wsgi(
            "neutron-api",
            9696,
            "neutron.wsgi.api",
            6,
            ASGI_WORKERS="1",
            OS_NEUTRON_CONFIG_DIR=f"{ETC}/neutron",
            OS_NEUTRON_CONFIG_FILES="neutron.conf;ml2_conf.ini",
        ),
    ]


def other_apis() -> list[Service]:
    """Return the services that need the full catalogue."""
    neutron = ("neutron/neutron.conf", "neutron/ml2_conf.ini")
    cinder = "cinder/cinder.conf"
    return [
        _wsgi(
            "nova-api",
            8774,
            "nova.wsgi.osapi_compute",
            8,
            OS_NOVA_CONFIG_DIR=f"{ETC}/nova",
        ),
        _script("nova-conductor", "nova/nova.conf"),
        _script("nova-scheduler", "nova/nova.conf"),
        _script(
            "neutron-maintenance",
            *neutron,
            program="neutron-ovn-maintenance-worker",
        ),
        _script(
            "neutron-periodic", *neutron, program="neutron-periodic-workers"
        ),
        _script("cinder-api", cinder, port=8776),
        _script("cinder-scheduler", cinder),
        _script("cinder-volume", cinder),
        _wsgi(
            "heat-api",
            8004,
            "heat.wsgi.api",
            args=f"--config-file {ETC}/heat/heat.conf",
        ),
        _script("heat-engine", "heat/heat.conf"),
        *_octavia(),
    ]


def _octavia() -> list[Service]:
    conf = "octavia/octavia.conf"
    agent = _script("octavia-driver-agent", conf)
    # The API hands the agent what became of a balancer; what it cannot
    # hand over stays pending for good.
    sockets = tuple(
        str(settings.OCTAVIA_RUN / f"{name}.sock")
        for name in ("status", "stats", "get")
    )
    return [
        dataclasses.replace(agent, sockets=sockets),
        _wsgi(
            "octavia-api",
            9876,
            "octavia.wsgi.api",
            args=f"--config-file {ETC}/{conf}",
        ),
    ]


def tacker() -> list[Service]:
    """Return Tacker's services."""
    return [
        _script("tacker-server", "tacker/tacker.conf", port=9890),
        _script("tacker-conductor", "tacker/tacker.conf"),
    ]


def all_services() -> list[Service]:
    """Return the whole control plane in the order of starting."""
    return [*infra(), *first_apis(), *other_apis(), *tacker()]


def by_name(name: str) -> Service:
    """Return a service; an unknown name is an error the user made."""
    for service in all_services():
        if service.name == name:
            return service
    known = " ".join(s.name for s in all_services())
    raise ValueError(f'no service "{name}" on control; there are: {known}')
