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

"""Policies that break a rule of the transport of their hook."""

from __future__ import annotations

from typing import Any

from nham.tests.unit.core.descriptor import replica_examples as examples

_HOOK = "state_protection.hook"

#: As in ``replica_examples``.
BROKEN: dict[str, list[tuple[list[str], dict[str, Any], list[str]]]] = {
    "a hook over http has a port; one by guest_agent has an export_command, "
    "an import_command and, with the driver vip, a claim_command": [
        (
            ["image"],
            examples.protected(method="hook", hook={"timeout": "1 s"}),
            [f"{_HOOK}.port"],
        ),
        (
            ["image"],
            examples.protected(
                method="hook", hook={"transport": "guest_agent"}
            ),
            [f"{_HOOK}.export_command", f"{_HOOK}.import_command"],
        ),
        (
            ["image"],
            {
                **examples.protected(**examples.in_guest()),
                "service_address": examples.VIP,
            },
            [f"{_HOOK}.claim_command"],
        ),
    ],
    "port, paths, token and network are only for a hook over http, commands "
    "only for one by guest_agent": [
        (
            ["image"],
            examples.protected(
                **examples.in_guest(
                    port=80, export_path="/a", token="a", network="mgmt"
                )
            ),
            [
                f"{_HOOK}.port",
                f"{_HOOK}.export_path",
                f"{_HOOK}.token",
                f"{_HOOK}.network",
            ],
        ),
        (
            ["image"],
            examples.stateful(export_command="/bin/out"),
            [f"{_HOOK}.export_command"],
        ),
    ],
    "the commands of a hook begin with an absolute path, and their quotes are "
    "closed": [
        (
            ["image"],
            examples.protected(**examples.in_guest(export_command=command)),
            [f"{_HOOK}.export_command"],
        )
        for command in ("export /a", "/bin/export 'a", " ", "~/export")
    ],
}
