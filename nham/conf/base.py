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


"""[DEFAULT]: the process and its machine."""

from __future__ import annotations

import socket

from oslo_config import cfg

GROUP = cfg.OptGroup("DEFAULT", title="The process and its machine")

OPTS = [
    cfg.HostAddressOpt(
        "host",
        default=socket.gethostname(),
        sample_default="<the host name>",
        help="Name of this machine; engines of one deployment must all "
        "have different ones, unless they run on the same machine.",
    ),
    cfg.StrOpt(
        "state_path",
        default="/var/lib/nham",
        help="Directory that NHAM may write to; the default SQLite database "
        "lies in it.",
    ),
]
