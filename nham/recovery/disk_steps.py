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

"""Steps on the disk of a standby: made of a checkpoint, and made anew."""

from __future__ import annotations

from nham.adapters import errors
from nham.core import model
from nham.core import states
from nham.recovery import context
from nham.recovery import server_steps
from nham.recovery.handlers import handler
from nham.recovery.handlers import StepHandler

State = states.CheckpointState


def image(run: context.Run) -> str | None:
    """Return the image that a disk is to be made of, None if none is named.

    :raises Conflict: the checkpoint is still being taken.
    :raises StepFailed: it came to nothing, or is not whole.
    """
    return server_steps.source_image(run) if _taken(run) else None


def snapshot(run: context.Run) -> str | None:
    """Return the snapshot that a volume is to be made of, if one is named.

    :raises Conflict: the checkpoint is still being taken.
    :raises StepFailed: it came to nothing, or is not whole.
    """
    checkpoint = _taken(run)
    if checkpoint is None:
        return None
    server_steps.prove(run, checkpoint)
    return checkpoint.artifacts[0].id


def _taken(run: context.Run) -> model.Checkpoint | None:
    """Return the checkpoint that is named, None if there is none.

    :raises Conflict: it is still being taken.
    :raises StepFailed: it came to nothing.
    """
    checkpoint = _named(run)
    if checkpoint is None:
        return None
    if checkpoint.state is State.CREATING:
        raise errors.Conflict("the checkpoint is being taken")
    if checkpoint.state is not State.AVAILABLE:
        said = checkpoint.reason or checkpoint.state
        raise context.StepFailed(f"checkpoint {checkpoint.id}: {said}")
    return checkpoint


def note(run: context.Run, member: model.Member) -> str:
    """Write down what the disk of a member holds now; return it in words."""
    checkpoint = _named(run)
    if checkpoint is None:
        return ""
    now = run.context.clock.now()
    run.context.store.note_disk(member.id, checkpoint.sequence, now)
    age = now - checkpoint.cut_at
    return f", checkpoint {checkpoint.id}, {age:.1f} s old"


def _named(run: context.Run) -> model.Checkpoint | None:
    """Return the checkpoint that the step's arguments name, if any."""
    checkpoint_id = run.args.get("checkpoint_id")
    if not checkpoint_id:
        return None
    return run.context.store.checkpoint(str(checkpoint_id))


@handler("renew_standby")
class RenewStandby(StepHandler):
    """Make the disk of a standby anew; it keeps its id and its ports.

    One that was parked is off afterwards, too.
    """

    def requested(self, run: context.Run) -> bool:
        """See base class."""
        return run.asked("rebuild")

    def do(self, run: context.Run) -> None:
        """See base class; what its disk held it holds no more."""
        member, image_id = run.member, image(run)
        if member.role is not states.Role.STANDBY or image_id is None:
            raise context.StepFailed(f"it is the {member.role} by now")
        run.context.watch.expect(run.subject)
        run.context.vim.rebuild(member.server_id, image_id)

    def complete(self, run: context.Run) -> context.Done | None:
        """See base class; Nova's own word is what it was made of."""
        if not self.requested(run):
            return None
        member, server = run.member, run.server
        if server.task_state is not None:
            return None
        if server.status == "ERROR":
            raise context.StepRefused("the server went to ERROR")
        if server.status not in ("ACTIVE", "SHUTOFF"):
            return None
        if server_steps.goes_off(run, server, "rebuild"):
            return None
        checkpoint = run.context.store.checkpoint(
            str(run.args["checkpoint_id"])
        )
        engine = run.context.engines[checkpoint.engine]
        if not engine.underlies(checkpoint, server):
            raise context.StepFailed("its disk was made of another image")
        return context.Done(
            detail=f"{server.status} on {server.host}{note(run, member)}"
        )
