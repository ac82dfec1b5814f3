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

"""Sees that nothing is done on a host that its operator works on.

What takes the service away from there may be done, and what has another
member serve, be it there when no other can; what repairs or starts a member
there, or makes one there, may not. State that somebody's order has lost is
given back wherever the order has put the member. No new member goes to a host
in quarantine, either.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from nham.core import model
from nham.simulate import lab as lab_

Violate = Callable[[str, str, str], None]

#: What was told just now may not have reached a decision yet.
_SLACK = 5.0
#: The steps that leave a member where it is, to serve there once more.
_REPAIRS = frozenset(
    (
        "reboot_hard",
        "reboot_soft",
        "start_server",
        "rebuild_server",
        "evacuate_server",
        "start_standby",
        "park_standby",
        "renew_standby",
        "fence_host",
        "force_down",
    )
)
#: The rules that give a member its state back.
_GIVES_BACK = ("replaced-behind", "came-back-empty", "restore")


class Watcher:
    """Looks at each claim.

    :param violate: is told the rule, the subject and the detail.
    """

    def __init__(self, lab: lab_.Lab, violate: Violate) -> None:
        self._lab = lab
        self._violate = violate
        self._maintained: dict[str, float] = {}
        self._quarantined: dict[str, float] = {}

    def written(self, name: str, args: tuple[Any, ...], result: Any) -> None:
        """Take note of a write."""
        now = self._lab.clock.monotonic()
        if name == "begin_maintenance" and result:
            self._maintained[args[0]] = now
        elif name == "end_maintenance":
            self._maintained.pop(args[0], None)
        elif name == "quarantine" and result:
            self._quarantined[args[0]] = now
        elif name == "release":
            self._quarantined.pop(args[0], None)
        elif name == "claim" and result is not None:
            self._claimed(result)

    def _claimed(self, recovery: model.Recovery) -> None:
        for record in recovery.steps:
            action, args = record.step.action, record.step.args
            if action in ("create_member", "create_volume"):
                if self._is_closed(str(args["host"])):
                    self._violate(
                        "made on a closed host", recovery.id, args["host"]
                    )
            elif action in _REPAIRS and not (
                recovery.rung == "fail_over" or recovery.rule in _GIVES_BACK
            ):
                host = self._host(recovery, args)
                if self._for_long(self._maintained, host):
                    self._violate(
                        "acted in maintenance", recovery.id, f"{action} {host}"
                    )

    def _host(self, recovery: model.Recovery, args: Any) -> str:
        """Return where a step does something."""
        if args.get("host"):
            return str(args["host"])
        named = {
            member.id: member.server_id
            for member in self._lab.store.members(group_id=recovery.group_id)
        }
        server_id = named.get(args.get("member_id"), recovery.fault.subject)
        server = self._lab.world.nova.servers.get(server_id)
        return server.host if server else ""

    def _is_closed(self, host: str) -> bool:
        return self._for_long(self._maintained, host) or self._for_long(
            self._quarantined, host
        )

    def _for_long(self, since: dict[str, float], host: str) -> bool:
        now = self._lab.clock.monotonic()
        return host in since and now - since[host] > _SLACK
