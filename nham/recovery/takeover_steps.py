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

"""Steps that let the standby take over: cut off, give, promote."""

from __future__ import annotations

from collections.abc import Sequence
import logging

from nham.adapters import errors
from nham.adapters.fencing import base as fencing_base
from nham.core import facts
from nham.core import fencing
from nham.core import model
from nham.core import states
from nham.recovery import attempts
from nham.recovery import context
from nham.recovery.handlers import handler
from nham.recovery.handlers import StepHandler

LOG = logging.getLogger(__name__)


@handler("isolate_member")
class IsolateMember(StepHandler):
    """Cut a member off, so that it serves nobody any more (design, rule 1).

    By the drivers in their configured order; the first that gives proof
    ends it.
    """

    def do(self, run: context.Run) -> None:
        """See base class; the drivers are asked while it is looked for."""

    def complete(self, run: context.Run) -> context.Done | None:
        """See base class."""
        return _cut_off(run, run.context.member_fencing)


@handler("seal_member")
class SealMember(StepHandler):
    """Cut a member off so that it stays so, whoever starts it again.

    By the drivers whose proof lasts. Nothing is left to do where one of
    them has cut it off already.
    """

    def do(self, run: context.Run) -> None:
        """See base class; the drivers are asked while it is looked for."""

    def complete(self, run: context.Run) -> context.Done | None:
        """See base class."""
        lasting = [one for one in run.context.member_fencing if one.lasting]
        before = _cut_off_before(run)
        if fencing.proved_by(before) in {one.name for one in lasting}:
            return context.Done(detail=f"it is already, {before}")
        return _cut_off(run, lasting)


def _cut_off(
    run: context.Run, means: Sequence[fencing_base.MemberFencing]
) -> context.Done:
    """Cut the step's member off by the first driver that gives proof."""
    host = run.args.get("host")
    guest = fencing_base.Guest(
        server_id=run.member.server_id,
        host=None if host is None else str(host),
        epoch=run.recovery.epoch,
    )
    return context.Done(detail=attempts.fence(run, means, guest))


def _cut_off_before(run: context.Run) -> str:
    """Return what proved that the step's member is cut off; empty: nothing.

    By an earlier step of this recovery.
    """
    for record in run.recovery.steps:
        step = record.step
        if (
            step.action == "isolate_member"
            and step.args.get("member_id") == run.args.get("member_id")
            and record.state is states.StepState.DONE
        ):
            return record.detail
    return ""


@handler("give_state")
class GiveState(StepHandler):
    """Have a member import the newest state that was saved.

    A checkpoint that is torn is passed over for the one before it, and so
    is one that the member will not take (NHAM paper 3.4).
    """

    def do(self, run: context.Run) -> None:
        """See base class; the state is given while it is looked for."""

    def complete(self, run: context.Run) -> context.Done | None:
        """See base class."""
        member, refused = run.member, []
        now = run.context.clock.now()
        if member.importing_until is not None and member.importing_until > now:
            # What is under way would come after what is given now.
            return None
        for checkpoint in self._saved(run):
            try:
                if self._holds(run, member, checkpoint):
                    self._note(run, member, checkpoint)
                    return context.Done(
                        detail=f"it has checkpoint {checkpoint.id} already"
                    )
                self._give(run, member, checkpoint)
            except errors.Unavailable as error:
                LOG.info("%s does not import yet: %s", member.id, error)
                return self._given_up(run, error)
            except errors.AdapterError as error:
                LOG.warning("checkpoint %s: %s", checkpoint.id, error)
                refused.append(f"checkpoint {checkpoint.id}: {error}")
                continue
            age = now - checkpoint.cut_at
            said = "".join(f"; {one}" for one in refused)
            return context.Done(
                detail=f"checkpoint {checkpoint.id}, {age:.1f} s old{said}"
            )
        said = "; ".join(refused) or "no state was saved yet"
        if run.args["must"]:
            raise context.StepFailed(said)
        return context.Done(detail=f"it has no state: {said}")

    def _given_up(
        self, run: context.Run, error: errors.AdapterError
    ) -> context.Done | None:
        """Go on without the state at last, where its loss is accepted.

        Not with a member that is silent altogether: it would not serve.
        """
        over = run.since + run.record.step.timeout
        if run.args["must"] or run.context.clock.now() < over:
            return None
        if run.context.watch.view(run.subject).app is facts.Health.DEAD:
            return None
        return context.Done(detail=f"it has no state: {error}")

    def _saved(self, run: context.Run) -> Sequence[model.Checkpoint]:
        """Return the checkpoints that may be given, newest first.

        One may have been saved since the decision, and it is newer. An
        operator may have named one.
        """
        named = run.args.get("checkpoint_id")
        if named:
            return [run.context.store.checkpoint(str(named))]
        return run.context.store.checkpoints(
            group_id=run.recovery.group_id,
            states=[states.CheckpointState.AVAILABLE],
        )

    def _holds(
        self,
        run: context.Run,
        member: model.Member,
        checkpoint: model.Checkpoint,
    ) -> bool:
        """Say whether the member has it, by its own word.

        Its application may have restarted since it was given, and nobody
        else knows of that. One that serves has moved on since, and to give
        it once more, by a step that is resumed, would take that back; but
        who names a checkpoint wants just that.
        """
        serves = member.role is states.Role.PRIMARY
        if run.args.get("checkpoint_id"):
            return False
        if not serves and member.sequence != checkpoint.sequence:
            return False
        engine = run.context.engines[checkpoint.engine]
        return engine.holds(checkpoint, member.server_id)

    def _give(
        self,
        run: context.Run,
        member: model.Member,
        checkpoint: model.Checkpoint,
    ) -> None:
        engine = run.context.engines[checkpoint.engine]
        group = run.group
        members = run.context.store.members(group_id=group.id)
        sender = context.sender(members, group, checkpoint.server_id)
        engine.give(checkpoint, member.server_id, sender)
        self._note(run, member, checkpoint)

    @staticmethod
    def _note(
        run: context.Run, member: model.Member, checkpoint: model.Checkpoint
    ) -> None:
        """Write down what the member has."""
        run.context.store.note_state(member.id, checkpoint.sequence, None)


@handler("promote")
class Promote(StepHandler):
    """Make the member the primary; who was it before has failed."""

    def do(self, run: context.Run) -> None:
        """See base class."""
        member = run.member
        if not run.context.store.promote(run.recovery.group_id, member.id):
            raise context.StepFailed(f"it is {member.role} by now")

    def complete(self, run: context.Run) -> context.Done | None:
        """See base class."""
        if run.member.role is not states.Role.PRIMARY:
            return None
        return context.Done(detail=f"server {run.member.server_id} serves")
