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

"""``nham-agent``: tell the engines how the guests of this host are."""

from __future__ import annotations

import signal
import sys

from oslo_config import cfg

from nham import conf as conf_
from nham.agent import check
from nham.agent import service

NAME = "nham-agent"
OPTS = [
    cfg.BoolOpt(
        "check",
        default=False,
        help="Look whether all is there that the agent needs, say what is "
        "wrong, and end: with 1 if it cannot do its work. Nothing is sent.",
    ),
]


def main() -> int:
    """Run the agent until SIGTERM; SIGHUP reads the log levels anew."""
    with conf_.fail_early(NAME):
        conf = conf_.load(sys.argv[1:], prog=NAME, cli=OPTS)
    if conf.check:
        return _check(conf)
    conf_.start_logging(conf)
    try:
        made = service.Service(conf)
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: made.stop())
        conf_.reload_on_hangup(conf)
        made.run()
    except service.Wrong as wrong:
        print(f"{NAME}: {wrong}", file=sys.stderr)
        return 1
    return 0


def _check(conf: cfg.ConfigOpts) -> int:
    """Say what was found; 1: the agent cannot do its work."""
    findings = check.run(conf)
    for one in findings:
        word = "ok" if not one.problem else "wrong" if one.fatal else "note"
        print(f"{word:5} {one.what}: {one.problem}".rstrip(": "))
    return int(any(one.problem and one.fatal for one in findings))


if __name__ == "__main__":
    sys.exit(main())
