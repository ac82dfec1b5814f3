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

"""Steps on the member's server: reboot, start, rebuild, evacuate."""

from __future__ import annotations

import contextlib

from nham.adapters import errors
from nham.adapters.vim import base as vim_base
from nham.core import model
from nham.core import states
from nham.recovery import context
from nham.recovery.handlers import handler
from nham.recovery.handlers import StepHandler

#: Nova's word for a server that is being stopped.
_STOPPING = "powering-off"
#: What is to be remembered of an order that was given up.
_AGAIN = "stop again"
#: Seconds after which an order to stop was lost. Nova gives a guest 60 of
#: them; a step that stops one waits longer than this, so it can ask again.
_LOST = 90.0


def _is_lost(run: context.Run, server: vim_base.Server) -> bool:
    """Say whether nova-compute has never heard of an order to stop.

    The message bus was down: the task does not end, and Nova refuses all
    else until then. It is timed from when this engine saw it first, as
    clocks of others, and our own, may jump.
    """
    if server.task_state != _STOPPING:
        run.memory.pop(_STOPPING, None)
        return False
    now = run.context.clock.monotonic()
    if now - run.memory.setdefault(_STOPPING, now) < _LOST:
        return False
    del run.memory[_STOPPING]
    return True


def _settled(server: vim_base.Server) -> bool:
    return server.status == "ACTIVE" and server.task_state is None


def goes_off(run: context.Run, server: vim_base.Server, action: str) -> bool:
    """Say whether Nova may yet stop a server that is ACTIVE.

    One that was off when Nova made it anew is ACTIVE for a moment, and then
    off again.

    :param action: Nova's name of what it was asked for.
    """
    return server.status == "ACTIVE" and not run.ended(action)


def seen_off(server: vim_base.Server) -> context.Done | None:
    """Return that a server is off, None while it is not."""
    if server.status != "SHUTOFF" or server.task_state is not None:
        return None
    return context.Done(detail=f"SHUTOFF on {server.host}")


def _end_image(run: context.Run) -> None:
    """Give up an image that Nova takes, as it refuses all else till then.

    If the guest died under it the task never ends: Nova's libvirt driver
    returns from a snapshot whose domain has disappeared without an error.
    """
    if (run.server.task_state or "").startswith("image_"):
        run.context.vim.reset_state(run.member.server_id)


def _forget_disk(run: context.Run) -> None:
    """Write down that a disk which is made anew holds no state by then.

    Unless its member serves, so that nobody asks what it was given.
    """
    member = run.member
    if member.role is not states.Role.PRIMARY:
        run.context.store.note_state(member.id, 0, None)


class _ServerStep(StepHandler):
    """Asks Nova for one action, and waits until the server is ACTIVE."""

    action: str

    def requested(self, run: context.Run) -> bool:
        """See base class."""
        return run.asked(self.action)

    def complete(self, run: context.Run) -> context.Done | None:
        """See base class."""
        if not self.requested(run):
            return None
        server = run.server
        if server.status == "ERROR" and server.task_state is None:
            raise context.StepRefused(
                f"the server went to ERROR after {self.action}"
            )
        if not _settled(server):
            return None
        return context.Done(detail=f"ACTIVE on {server.host}")


@handler("reboot_soft")
class RebootSoft(_ServerStep):
    """Ask the guest to restart itself."""

    action = "reboot"

    def do(self, run: context.Run) -> None:
        """See base class."""
        run.context.watch.expect(run.subject)
        run.context.vim.reboot(run.member.server_id, hard=False)


@handler("reboot_hard")
class RebootHard(_ServerStep):
    """Destroy what is left of the VM and start it on its disk."""

    action = "reboot"

    def do(self, run: context.Run) -> None:
        """See base class."""
        _end_image(run)
        run.context.watch.expect(run.subject)
        run.context.vim.reboot(run.member.server_id, hard=True)


@handler("start_server")
class StartServer(_ServerStep):
    """Start a server that is off.

    Nova starts one by itself that it evacuates out of ERROR, whatever it was
    asked for.
    """

    action = "start"

    def do(self, run: context.Run) -> None:
        """See base class; one that runs already is no error."""
        run.context.watch.expect(run.subject)
        if not _settled(run.server):
            run.context.vim.start(run.member.server_id)

    def complete(self, run: context.Run) -> context.Done | None:
        """See base class."""
        server = run.server
        if _settled(server):
            return context.Done(detail=f"ACTIVE on {server.host}")
        return super().complete(run)


@handler("stop_server")
class StopServer(StepHandler):
    """Stop a server that may still run, and see that it is off."""

    def do(self, run: context.Run) -> None:
        """See base class; one that is off, or about to be, is no error."""
        server = run.server
        if server.status != "SHUTOFF" and server.task_state != _STOPPING:
            _end_image(run)
            run.context.vim.stop(server.id)

    def complete(self, run: context.Run) -> context.Done | None:
        """See base class."""
        server = run.server
        done = seen_off(server)
        if done is not None:
            return done
        if _is_lost(run, server):
            run.context.vim.reset_state(server.id)
            run.memory[_AGAIN] = True
        if _AGAIN in run.memory:
            run.context.vim.stop(server.id)
            del run.memory[_AGAIN]
        return None


@handler("rebuild_server")
class RebuildServer(_ServerStep):
    """Make the root disk anew from a checkpoint or an image."""

    action = "rebuild"

    def do(self, run: context.Run) -> None:
        """See base class."""
        image_id = source_image(run)
        _forget_disk(run)
        run.context.watch.expect(run.subject)
        run.context.vim.rebuild(run.member.server_id, image_id)

    def complete(self, run: context.Run) -> context.Done | None:
        """See base class; a server that was off is started afterwards."""
        done = super().complete(run)
        if done is not None:
            # It is ACTIVE, and may yet go off: see `goes_off`.
            return done if run.ended(self.action) else None
        if self.requested(run):
            server = run.server
            if server.status == "SHUTOFF" and server.task_state is None:
                run.context.vim.start(server.id)
        return None


@handler("evacuate_server")
class EvacuateServer(StepHandler):
    """Have Nova make the server on another host."""

    def requested(self, run: context.Run) -> bool:
        """See base class."""
        return run.asked("evacuate")

    def do(self, run: context.Run) -> None:
        """See base class.

        A task that was under way when the host died will never end, and
        Nova refuses to evacuate a server with a task.
        """
        server = run.server
        if server.task_state is not None:
            run.context.vim.reset_state(server.id)
        _forget_disk(run)
        run.context.watch.expect(run.subject)
        tied = self._forced_host(run)
        wanted = run.args.get("target")
        run.context.vim.evacuate(
            server.id,
            tied or (str(wanted) if wanted else None),
            forced=tied is not None,
            start=bool(run.args["start"]),
        )

    def complete(self, run: context.Run) -> context.Done | None:
        """See base class; a server that was off is started if it is to be."""
        if not self.requested(run):
            return None
        server = run.server
        moved = server.host != run.args["host"]
        if server.task_state is not None:
            return None
        if server.status == "ERROR":
            raise context.StepFailed(
                f"the server went to ERROR on {server.host}"
                if moved
                else "no host took the server"
            )
        if not moved:
            return None
        if server.status == "SHUTOFF" and run.args["start"]:
            run.context.vim.start(server.id)
            return None
        if server.status not in ("ACTIVE", "SHUTOFF"):
            return None
        if goes_off(run, server, "evacuate"):
            return None
        return context.Done(detail=f"{server.status} on {server.host}")

    def _forced_host(self, run: context.Run) -> str | None:
        """Return the host that Nova must take; None: it chooses one.

        For a server in an affinity group Nova's scheduler wants the dead
        host. Members of one VNFC are kept apart where there is room.
        """
        if not run.server.affinity:
            return None
        members = run.context.store.members(group_id=run.recovery.group_id)
        others = {m.host for m in members if m.server_id != run.server.id}
        usable = [
            service.host
            for service in run.context.vim.services()
            if service.up
            and service.enabled
            and service.host != run.args["host"]
        ]
        if not usable:
            raise context.StepFailed("no other host is up")
        return min(usable, key=lambda host: host in others)


@handler("delete_server")
class DeleteServer(StepHandler):
    """Delete the dead server; its ports and volumes stay."""

    def requested(self, run: context.Run) -> bool:
        """See base class."""
        if self.complete(run) is not None:
            return True
        return run.server.task_state == "deleting"

    def do(self, run: context.Run) -> None:
        """See base class; one that is gone already is no error."""
        with contextlib.suppress(errors.NotFound):
            run.context.vim.delete_server(run.member.server_id)

    def complete(self, run: context.Run) -> context.Done | None:
        """See base class."""
        try:
            server = run.server
        except errors.NotFound:
            return context.Done(detail="deleted")
        gone = server.status in ("DELETED", "SOFT_DELETED")
        return context.Done(detail="deleted") if gone else None


def source_image(run: context.Run) -> str:
    """Return the image that the step's arguments name.

    :raises Conflict: it is still being made from the checkpoint.
    """
    checkpoint_id = run.args.get("checkpoint_id")
    if not checkpoint_id:
        return str(run.args["image_id"])
    checkpoint = run.context.store.checkpoint(str(checkpoint_id))
    prove(run, checkpoint)
    engine = run.context.engines[checkpoint.engine]
    image_id = engine.restore_image(checkpoint)
    if image_id is None:
        raise errors.Conflict("the checkpoint's image is being made")
    return image_id


def prove(run: context.Run, checkpoint: model.Checkpoint) -> None:
    """See that a checkpoint is whole.

    :raises StepFailed: it is not.
    """
    why_not = run.context.engines[checkpoint.engine].usable(checkpoint)
    if why_not:
        raise context.StepFailed(f"checkpoint {checkpoint.id}: {why_not}")
