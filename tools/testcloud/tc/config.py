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

"""Write the configuration files of the control plane from templates."""

import pathlib
import shutil
import string

from tc import settings


def render(template: str, **values: str) -> str:
    """Return a template's text with the common and given values in it."""
    text = (settings.TEMPLATES / template).read_text()
    common = {
        "auth_url": settings.AUTH_URL,
        "data": str(settings.DATA),
        "etc": str(settings.ETC),
        "host_ip": settings.HOST_IP,
        "password": settings.password(),
        "transport_url": settings.transport_url(),
        "venv": str(settings.VENV),
    }
    return string.Template(text).substitute(common | values)


def write(path: pathlib.Path, text: str, mode: int = 0o600) -> None:
    """Write a file if its text changed."""
    path.parent.mkdir(parents=True, exist_ok=True)
    if path.exists() and path.read_text() == text:
        return
    path.write_text(text)
    path.chmod(mode)


def _client(section: str, user: str | None = None) -> str:
    return render("_client.conf", section=section, user=user or section)


def _database(name: str, section: str = "database") -> str:
    return render(
        "_database.conf", section=section, db_url=settings.db_url(name)
    )


def nova_clients() -> str:
    """Return the sections by which nova reaches the other services."""
    return render(
        "_nova_clients.conf",
        cinder=_client("cinder", "nova").replace(
            "region_name = RegionOne\n", ""
        ),
        placement=_client("placement"),
        neutron=_client("neutron"),
        service_user=_client("service_user", "nova"),
    )


def _blocks(service: str) -> dict[str, str]:
    """Return the blocks that most services' templates include."""
    return {
        "authtoken": render("_authtoken.conf", user=service),
        "database": _database(service),
        "messaging": render("_messaging.conf"),
    }


def _folders(*names: str) -> None:
    for name in names:
        (settings.DATA / name).mkdir(parents=True, exist_ok=True)


def _simple(service: str, path: str, template: str, **extra: str) -> None:
    text = render(template, **_blocks(service), **extra)
    write(settings.ETC / path, text)


def _write_nova() -> None:
    _folders("nova/lock")
    (settings.ETC / "nova").mkdir(parents=True, exist_ok=True)
    # nova-api looks for the paste file beside nova.conf.
    shutil.copy(
        settings.VENV / "etc/nova/api-paste.ini",
        settings.ETC / "nova/api-paste.ini",
    )
    _simple(
        "nova",
        "nova/nova.conf",
        "nova.conf",
        api_database=_database("nova_api", "api_database"),
        nova_clients=nova_clients(),
    )


def _write_cinder() -> None:
    _folders("cinder/share", "cinder/mnt", "cinder/lock")
    source = settings.VENV / "etc/cinder/rootwrap.conf"
    lines = []
    for line in source.read_text().splitlines():
        if line.startswith("filters_path="):
            line = (
                f"filters_path={settings.VENV}/etc/cinder/rootwrap.d,"
                f"{settings.VENV}/etc/os-brick/rootwrap.d"
            )
        elif line.startswith("exec_dirs="):
            line = line.replace("=", f"={settings.BIN},", 1)
        lines.append(line)
    write(settings.ETC / "cinder/rootwrap.conf", "\n".join(lines) + "\n")
    write(settings.ETC / "cinder/nfs_shares", render("nfs_shares"))
    _simple(
        "cinder",
        "cinder/cinder.conf",
        "cinder.conf",
        nova=_client("nova"),
        service_user=_client("service_user", "cinder"),
    )


def _write_heat() -> None:
    _folders("heat")
    plain = render("_authtoken.conf", user="heat").replace(
        "service_token_roles_required = true\n", ""
    )
    _simple(
        "heat",
        "heat/heat.conf",
        "heat.conf",
        authtoken_plain=plain,
        trustee=_client("trustee", "heat"),
    )


def _write_tacker() -> None:
    _folders("tacker/vnfpackages", "tacker/csar_files", "tacker/lock")
    etc = settings.ETC / "tacker"
    (etc / "vim/fernet_keys").mkdir(parents=True, exist_ok=True)
    (etc / "vnfm").mkdir(exist_ok=True)
    for name in ("api-paste.ini", "prometheus-plugin.yaml"):
        shutil.copy(settings.VENV / "etc/tacker" / name, etc / name)
    _simple(
        "tacker",
        "tacker/tacker.conf",
        "tacker.conf",
        authtoken_tacker=render("_authtoken_tacker.conf", user="tacker"),
    )


def _write_octavia() -> None:
    _simple(
        "octavia",
        "octavia/octavia.conf",
        "octavia.conf",
        neutron=_client("neutron", "octavia"),
        service_auth=_client("service_auth", "octavia"),
    )


def write_all() -> None:
    """Write every file of the control plane."""
    _folders("glance/images", "glance/staging", "glance/tasks", "neutron/lock")
    for keys in ("fernet-keys", "credential-keys"):
        (settings.ETC / "keystone" / keys).mkdir(
            mode=0o700, parents=True, exist_ok=True
        )
    _simple("keystone", "keystone/keystone.conf", "keystone.conf")
    _simple(
        "placement",
        "placement/placement.conf",
        "placement.conf",
        placement_database=_database("placement", "placement_database"),
    )
    _simple("glance", "glance/glance-api.conf", "glance-api.conf")
    _simple(
        "neutron",
        "neutron/neutron.conf",
        "neutron.conf",
        nova=_client("nova"),
        placement=_client("placement"),
    )
    write(settings.ETC / "neutron/ml2_conf.ini", render("ml2_conf.ini"))
    _write_nova()
    _write_cinder()
    _write_heat()
    _write_tacker()
    _write_octavia()
    # RabbitMQ reads these as its own user.
    write(settings.ETC / "rabbitmq.conf", render("rabbitmq.conf"), 0o644)
    write(settings.ETC / "rabbit-env.conf", "", 0o644)
    write(settings.ETC / "enabled_plugins", render("enabled_plugins"), 0o666)
    write_clouds()


def write_clouds() -> pathlib.Path:
    """Write clouds.yaml for the clients; return its path."""
    path = settings.STATE / "clouds.yaml"
    write(path, render("clouds.yaml"))
    return path


def shell_exports(cloud: str = "testcloud-admin") -> dict[str, str]:
    """Return the variables ``testcloud env`` prints."""
    return {
        "OS_CLIENT_CONFIG_FILE": str(settings.STATE / "clouds.yaml"),
        "OS_CLOUD": cloud,
        "NHAM_TESTCLOUD": str(settings.TOOL / "testcloud"),
        "NHAM_TESTCLOUD_STATE": str(settings.STATE),
        "NHAM_TESTCLOUD_HOST_IP": settings.HOST_IP,
        "NHAM_TESTCLOUD_AUTH_URL": settings.AUTH_URL,
        "NHAM_TESTCLOUD_PASSWORD": settings.password(),
        "NHAM_TESTCLOUD_MEMCACHED": f"{settings.HOST_IP}:11211",
        "NHAM_TESTCLOUD_TRANSPORT_URL": settings.transport_url(),
        "NHAM_TESTCLOUD_DB_URL": settings.db_url("nham", "nham", "utf8mb4"),
    }
