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


"""[metrics]: where an engine shows its numbers.

The API shows its own at ``/metrics``; those of recoveries and checkpoints
are in the process that carries them out.
"""

from __future__ import annotations

from oslo_config import cfg

GROUP = cfg.OptGroup(
    "metrics", title="Where an engine or an agent shows its numbers"
)

OPTS = [
    cfg.HostAddressOpt(
        "bind_host",
        default="127.0.0.1",
        help="Address at which nham-engine, or nham-agent, serves /metrics to "
        "Prometheus, without a token.",
    ),
    cfg.PortOpt(
        "bind_port",
        default=0,
        help="Port for it; 0: none. nham-all-in-one needs none, since its "
        "API shows the same numbers.",
    ),
]
