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

"""``nham-plugger``: join this host to networks, for the engine beside it."""

from __future__ import annotations

import signal
import sys

from nham import conf as conf_
from nham.plugger import door as door_
from nham.plugger import namespaces
from nham.plugger import ports
from nham.plugger import switch

NAME = "nham-plugger"
#: What the names of its namespaces begin with.
PREFIX = "nham-"


def main() -> int:
    """Serve until SIGTERM; what is plugged stays so."""
    with conf_.fail_early(NAME):
        conf = conf_.load(sys.argv[1:], prog=NAME)
    conf_.start_logging(conf)
    own = conf.plugger
    try:
        listener = door_.listen(own.socket, own.group)
    except (OSError, LookupError) as failure:
        print(f"{NAME}: [plugger] socket: {failure}", file=sys.stderr)
        return 1
    spaces = namespaces.Namespaces(PREFIX)
    bridge = switch.OpenVSwitch(own.ovs_database, own.bridge)
    door = door_.Door(listener, ports.Ports(spaces, bridge))
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: door.close())
    conf_.reload_on_hangup(conf)
    door.run()
    spaces.close()
    return 0


if __name__ == "__main__":
    sys.exit(main())
