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

"""Steps that remove a member which the policy has no place for any more."""

from __future__ import annotations

import contextlib
import dataclasses

from nham.adapters import errors
from nham.core import states
from nham.recovery import context
from nham.recovery import replica_steps
from nham.recovery.handlers import handler
from nham.recovery.handlers import StepHandler


@handler("withdraw_member")
class WithdrawMember(StepHandler):
    """Let a member have no clients any more, whatever led them to it."""

    def do(self, run: context.Run) -> None:
        """See base class; it can take over no more, either."""
        replica_steps.withdraw(run.context, run.group, run.member)
        run.context.store.save_member(
            dataclasses.replace(run.member, role=states.Role.FAILED)
        )

    def complete(self, run: context.Run) -> context.Done | None:
        """See base class."""
        if run.member.role is not states.Role.FAILED or _is_target(run):
            return None
        return context.Done(detail=f"{run.member.name} has no clients")


def _is_target(run: context.Run) -> bool:
    service, address = run.group.service, run.member.address
    if service is None or address is None:
        return False
    for spreader in run.context.spreaders.values():
        if not spreader.knows(service.id):
            continue
        with contextlib.suppress(errors.NotFound):
            targets = spreader.targets(service.id)
            if address in {target.address for target in targets}:
                return True
    return False


@handler("forget_addresses")
class ForgetAddresses(StepHandler):
    """Let go of a group's addresses once the primary is alone.

    The service address stays where it is; that which NHAM made goes.
    Another mechanism finds its own.
    """

    def do(self, run: context.Run) -> None:
        """See base class."""
        if self._others(run):
            return
        replica_steps.forget_addresses(run.context, run.group, run.primary)

    def complete(self, run: context.Run) -> context.Done | None:
        """See base class."""
        others = self._others(run)
        if others:
            return context.Done(detail=f"{others} others need them")
        if run.group.service is not None:
            return None
        return context.Done(detail="the primary is alone")

    def _others(self, run: context.Run) -> int:
        found = run.context.store.members(group_id=run.recovery.group_id)
        return len(found) - 1
