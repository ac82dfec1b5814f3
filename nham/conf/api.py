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


"""[api]: the REST interface."""

from __future__ import annotations

from oslo_config import cfg

GROUP = cfg.OptGroup("api", title="The REST interface")

OPTS = [
    cfg.HostAddressOpt(
        "bind_host",
        default="127.0.0.1",
        help="Address that nham-api listens at.",
    ),
    cfg.PortOpt(
        "bind_port",
        default=9899,
        help="Port that nham-api listens at; 0 takes any free one.",
    ),
    cfg.IntOpt(
        "threads",
        default=8,
        min=1,
        max=256,
        help="Requests that nham-api serves at the same time.",
    ),
    cfg.StrOpt(
        "auth_strategy",
        default="keystone",
        choices=[
            ("keystone", "Every request needs a token of Keystone."),
            (
                "noauth",
                "Everybody who reaches the port is an administrator; only "
                "for trying NHAM on one machine.",
            ),
        ],
        help="Who may use the API.",
    ),
    cfg.URIOpt(
        "callback_url",
        schemes=["http", "https"],
        help="URL at which Tacker reaches this API for its notifications, "
        "ending in /v1/tacker/notifications; without it NHAM does not "
        "subscribe.",
    ),
    cfg.IntOpt(
        "max_state_size",
        default=64_000_000,
        min=1,
        max=1_000_000_000,
        help="Largest state in bytes that the API takes in or hands out; it "
        "is held in memory meanwhile. To do so nham-api needs the [stores] "
        "of the engines, and their key.",
    ),
    cfg.FloatOpt(
        "engine_timeout",
        default=30.0,
        min=1.0,
        max=300.0,
        help="Seconds that a request waits for an engine to do its work.",
    ),
]
