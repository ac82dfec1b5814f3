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


"""nham-api: the REST interface as a process of its own."""

from __future__ import annotations

from collections.abc import Sequence
import logging
import sys
import threading

from nham import conf as nham_conf
from nham.api import app
from nham.api import server as server_
from nham.cmd import stopping

LOG = logging.getLogger(__name__)


def main(argv: Sequence[str] | None = None) -> int:
    """Serve until SIGTERM or SIGINT; SIGHUP reads mutable options anew.

    :returns: 0 after a signal, 1 if the address cannot be listened at.
    """
    arguments = sys.argv[1:] if argv is None else argv
    with nham_conf.fail_early("nham-api"):
        conf = nham_conf.load(arguments, prog="nham-api")
        nham_conf.start_logging(conf)
        application = app.from_conf(conf)
    server = server_.Server(
        application, conf.api.bind_host, conf.api.bind_port, conf.api.threads
    )
    stop = threading.Event()
    stopping.at_signals(stop)
    nham_conf.reload_on_hangup(conf)
    try:
        server.start()
    except OSError as error:
        print(f"nham-api: {error}", file=sys.stderr)
        return 1
    LOG.info("Listening at %s port %s", conf.api.bind_host, server.port)
    stop.wait()
    server.stop()
    return 0


if __name__ == "__main__":
    sys.exit(main())
