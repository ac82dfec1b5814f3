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

"""Steps that stop a standby until it is needed, and start it again."""

from __future__ import annotations

import dataclasses

from nham.core import states
from nham.recovery import context
from nham.recovery import replica_steps
from nham.recovery import server_steps
from nham.recovery.handlers import handler
from nham.recovery.handlers import StepHandler


@handler("park_standby")
class ParkStandby(StepHandler):
    """Stop a standby, and see that it is off.

    That it is NHAM who stops it is written down first: one that is off
    without that was stopped by its operator.
    """

    def do(self, run: context.Run) -> None:
        """See base class; one that is off already is no error."""
        member, store = run.member, run.context.store
        if member.role is not states.Role.STANDBY:
            raise context.StepFailed(f"it is the {member.role} by now")
        store.save_member(
            dataclasses.replace(member, parked=True, answered=False)
        )
        if not run.policy.on_disk:
            # What it was given is gone with its memory.
            store.note_state(member.id, 0, None)
        if run.server.status != "SHUTOFF":
            run.context.vim.stop(member.server_id)

    def complete(self, run: context.Run) -> context.Done | None:
        """See base class."""
        return server_steps.seen_off(run.server)


@handler("start_standby")
class StartStandby(StepHandler):
    """Start a standby that is parked, and wait until it answers.

    It may still be on its way down, or somebody may have started it.
    """

    def do(self, run: context.Run) -> None:
        """See base class; it is started once it is seen to be off."""
        run.context.watch.expect(run.subject)

    def complete(self, run: context.Run) -> context.Done | None:
        """See base class."""
        member, server = run.member, run.server
        if server.task_state is not None:
            return None
        if server.status == "ERROR":
            raise context.StepRefused("the server went to ERROR")
        if server.status == "SHUTOFF" and not run.asked("start"):
            run.context.vim.start(server.id)
        if member.parked:
            # From now on one that does not run is lost.
            run.context.store.save_member(
                dataclasses.replace(member, parked=False)
            )
        at = replica_steps.answered(run, member)
        if at is None or server.status != "ACTIVE":
            return None
        return context.Done(detail=f"it answers on {server.host}", at=at)
