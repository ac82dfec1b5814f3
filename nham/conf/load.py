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


"""Load the configuration, refuse a wrong one, start the log."""

from __future__ import annotations

from collections.abc import Iterator
from collections.abc import Sequence
import contextlib
import logging
import signal
import sys
from types import FrameType

from oslo_config import cfg
from oslo_log import log

from nham import version
from nham.conf import opts

LOG = logging.getLogger(__name__)

#: Sections that hold other libraries' options too.
_SHARED = ("DEFAULT", "cloud", "database")
#: What libraries tell about each message, request or statement.
_QUIET = (
    "alembic=WARNING",
    "amqp=WARNING",
    "keystoneauth=WARNING",
    "keystonemiddleware=WARNING",
    "openstack=WARNING",
    "oslo.messaging=INFO",
    "oslo_messaging=INFO",
    "requests=WARNING",
    "sqlalchemy=WARNING",
    "stevedore=WARNING",
    "urllib3=WARNING",
)


def load(
    argv: Sequence[str],
    default_config_files: Sequence[str] | None = None,
    prog: str | None = None,
    cli: Sequence[cfg.Opt] = (),
) -> cfg.ConfigOpts:
    """Return the configuration from the command line and the files.

    :param argv: the arguments without the program's name.
    :param default_config_files: None looks for ``nham.conf`` in the usual
        places (``~/.nham``, ``~``, ``/etc/nham``, ``/etc``).
    :param cli: more options or sub-commands of this program.
    :raises cfg.Error: if something in it is wrong.
    """
    conf = cfg.ConfigOpts()
    register(conf)
    log.register_options(conf)
    log.set_defaults(default_log_levels=list(_QUIET))
    conf.register_cli_opts(cli)
    files = None
    if default_config_files is not None:
        files = list(default_config_files)
    conf(
        list(argv),
        project="nham",
        prog=prog,
        version=version.version_string(),
        default_config_files=files,
    )
    _check_values(conf)
    _check_names(conf)
    return conf


def register(conf: cfg.ConfigOpts) -> None:
    """Make all options of NHAM known to ``conf``."""
    for group, options in opts.sections():
        if group.name == "DEFAULT":
            conf.register_opts(options)
        else:
            # A group holds what is registered in it: none is shared.
            own = cfg.OptGroup(group.name, group.title, group.help)
            conf.register_opts(options, group=own)


@contextlib.contextmanager
def fail_early(prog: str) -> Iterator[None]:
    """Turn a wrong configuration into one line and exit code 2."""
    try:
        yield
    except cfg.Error as error:
        line = " ".join(str(error).split())
        print(f"{prog}: configuration: {line}", file=sys.stderr)
        raise SystemExit(2) from error


def start_logging(conf: cfg.ConfigOpts) -> None:
    """Log as the configuration says."""
    log.setup(conf, "nham", version.version_string(), fix_eventlet=False)


def reload_on_hangup(conf: cfg.ConfigOpts) -> None:
    """Read mutable options, e.g. ``debug``, anew upon SIGHUP.

    May be called in the main thread only.
    """

    def _reload(_number: int, _frame: FrameType | None) -> None:
        try:
            conf.mutate_config_files()
        except cfg.Error as error:
            LOG.error("The configuration stays as it was: %s", error)

    signal.signal(signal.SIGHUP, _reload)


def _check_values(conf: cfg.ConfigOpts) -> None:
    """Read every value once: oslo.config checks a value upon reading."""
    for group, options in opts.sections():
        section = conf if group.name == "DEFAULT" else conf[group.name]
        for option in options:
            try:
                section[option.dest]
            except cfg.Error as error:
                # The rest of the text is a class of the library's.
                rule = str(error).rpartition("is not valid: ")[2]
                raise cfg.Error(
                    f"[{group.name}] {option.name}: {rule}"
                ) from error


def _check_names(conf: cfg.ConfigOpts) -> None:
    """Refuse names in our own sections that nobody would ever read."""
    known = {
        group.name: {name for o in options for name in (o.name, o.dest)}
        for group, options in opts.sections()
        if group.name not in _SHARED
    }
    for path in conf.config_file or ():
        found: dict[str, dict[str, list[str]]] = {}
        cfg.ConfigParser(path, found).parse()
        for section, values in found.items():
            for name in sorted(set(values) - known.get(section, set(values))):
                raise cfg.Error(f"{path}: [{section}] {name}: no such option")
