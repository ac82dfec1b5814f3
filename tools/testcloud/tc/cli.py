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

"""The command line of the test cloud."""

import argparse
import pathlib
import shlex
import sys
from typing import TypeAlias

from tc import config
from tc import csar
from tc import doctor
from tc import guest
from tc import hosts
from tc import install
from tc import launch
from tc import services
from tc import settings
from tc import stages

Commands: TypeAlias = "argparse._SubParsersAction[argparse.ArgumentParser]"
CONTROL = "control"
TAIL = 15


def _install(args: argparse.Namespace) -> int:
    stages.require_root()
    with stages.lock():
        progress = stages.Progress()
        progress.run("Debian packages", install.apt)
        progress.run("virtual environment", install.venv)
    return 0


def _up(args: argparse.Namespace) -> int:
    stages.require_root()
    with stages.lock():
        stages.up()
    return 0


def _down(args: argparse.Namespace) -> int:
    stages.require_root()
    with stages.lock():
        stages.down(args.wipe)
    return 0


def _status(args: argparse.Namespace) -> int:
    return doctor.status()


def _doctor(args: argparse.Namespace) -> int:
    return doctor.run()


def _host(args: argparse.Namespace) -> int:
    name = hosts.check_name(args.name)
    if args.action == "status":
        print("on" if hosts.is_on(name) else "off")
    elif args.action == "kill":
        stages.require_root()
        hosts.kill(name)
    elif args.action == "exec":
        return hosts.execute(name, args.command)
    elif args.action in ("plug", "unplug"):
        stages.require_root()
        networks = args.network or [*hosts.CABLES]
        hosts.plug(name, networks, args.action == "plug")
    else:
        stages.require_root()
        hosts.start(name)
    return 0


def _service(args: argparse.Namespace) -> int:
    stages.require_root()
    if args.host == CONTROL:
        service = services.by_name(args.service)
        if args.action == "kill":
            service.process().kill()
        else:
            launch.ensure([service])
        return 0
    name = hosts.check_name(args.host)
    if args.service not in hosts.host_services(name):
        known = " ".join(hosts.host_services(name))
        raise ValueError(
            f'no service "{args.service}" on {name}; there are: {known}'
        )
    if not hosts.is_on(name):
        raise settings.Failure(f"{name} is off")
    if args.action == "start":
        hosts.ensure_service(name, args.service)
    elif not hosts.inside(name, "kill", args.service):
        raise settings.Failure(
            f"{args.service} was not killed", hosts.process(name).log
        )
    return 0


def _env(args: argparse.Namespace) -> int:
    config.write_clouds()
    for key, value in config.shell_exports(args.cloud).items():
        print(f"export {key}={shlex.quote(value)}")
    print(f'export PATH={shlex.quote(str(settings.BIN))}:"$PATH"')
    return 0


def _clouds(args: argparse.Namespace) -> int:
    print(config.write_clouds())
    return 0


def _guest(args: argparse.Namespace) -> int:
    stages.require_root()
    out = args.out or settings.GUEST_IMAGE
    guest.build(pathlib.Path(out))
    print(out)
    return 0


def _csar(args: argparse.Namespace) -> int:
    built = csar.build(
        args.variant,
        pathlib.Path(args.out),
        args.name,
        args.policy and pathlib.Path(args.policy),
        args.image,
    )
    print(f"{built.path} vnfd {built.vnfd_id}")
    return 0


def _add_csar(commands: Commands) -> None:
    parser = commands.add_parser("csar", help="VNF packages")
    actions = parser.add_subparsers(dest="action", required=True)
    build = actions.add_parser("build", help="build a VNF package")
    build.add_argument("--variant", choices=("image", "volume"), required=True)
    build.add_argument("--out", required=True, metavar="FILE.zip")
    build.add_argument("--name", default="nham-sample")
    build.add_argument(
        "--policy",
        metavar="FILE",
        help="a file with the list of resiliency policies",
    )
    build.add_argument(
        "--image",
        metavar="NAME",
        default="nham-vnf",
        help="the image in Glance that the package names",
    )
    build.set_defaults(run=_csar)


def _add_host(commands: Commands) -> None:
    parser = commands.add_parser("host", help="power of a compute host")
    actions = parser.add_subparsers(dest="action", required=True)
    for action, text in (
        ("kill", "cut the power"),
        ("start", "switch on"),
        ("status", 'print "on" or "off"'),
        ("exec", "run a command on the host"),
        ("unplug", "pull the network cables out; it stays on"),
        ("plug", "plug the network cables in again"),
    ):
        one = actions.add_parser(action, help=text)
        one.add_argument("name")
        if action in ("plug", "unplug"):
            one.add_argument(
                "--network",
                action="append",
                choices=[*hosts.CABLES],
                help="only this one",
            )
        if action == "exec":
            one.add_argument("command", nargs=argparse.REMAINDER)
    parser.set_defaults(run=_host)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="testcloud", description="A real OpenStack on one machine."
    )
    commands = parser.add_subparsers(dest="command", required=True)
    for name, run, text in (
        ("install", _install, "install all packages"),
        ("up", _up, "bring the cloud up"),
        ("status", _status, "show what runs"),
        ("doctor", _doctor, "look for trouble"),
        ("clouds", _clouds, "write clouds.yaml and print its path"),
    ):
        commands.add_parser(name, help=text).set_defaults(run=run)
    down = commands.add_parser("down", help="stop the cloud")
    down.add_argument(
        "--wipe",
        action="store_true",
        help="forget servers, volumes and images too",
    )
    down.set_defaults(run=_down)
    env = commands.add_parser("env", help="print shell exports")
    env.add_argument("--cloud", default="testcloud-admin")
    env.set_defaults(run=_env)
    _add_host(commands)
    service = commands.add_parser("service", help="one service")
    service.add_argument("action", choices=("kill", "start"))
    service.add_argument("host", help=f'a host or "{CONTROL}"')
    service.add_argument("service")
    service.set_defaults(run=_service)
    image = commands.add_parser("guest", help="the guest image")
    image.add_argument("action", choices=("build",))
    image.add_argument("--out", metavar="FILE")
    image.set_defaults(run=_guest)
    _add_csar(commands)
    return parser


def _complain(failure: settings.Failure) -> None:
    print(f"testcloud: {failure}", file=sys.stderr)
    if failure.log and failure.log.exists():
        lines = failure.log.read_text(errors="replace").splitlines()
        print(f"--- end of {failure.log}", file=sys.stderr)
        for line in lines[-TAIL:]:
            print(f"    {line}", file=sys.stderr)


def main(argv: list[str] | None = None) -> int:
    """Run one command; return the exit code."""
    args = _parser().parse_args(argv)
    try:
        code: int = args.run(args)
        return code
    except ValueError as error:
        print(f"testcloud: {error}", file=sys.stderr)
        return 2
    except settings.Failure as failure:
        _complain(failure)
        if args.command in ("install", "up", "down"):
            print(
                f'Cure the cause and run "testcloud {args.command}" '
                "again: what is done stays done.",
                file=sys.stderr,
            )
        return 1
    except KeyboardInterrupt:
        return 130
