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

"""Steps that begin a member of NHAM's own: its record, and its volume.

A member of a VNFC that boots from a volume boots from one of its own, which
bears the member's name and goes with its server. Of the VNFC's other volumes
it gets none.
"""

from __future__ import annotations

import logging
import uuid

from nham.adapters import errors
from nham.adapters.vim import base as vim_base
from nham.adapters.vim import storage_base
from nham.adapters.vim import tags
from nham.core import model
from nham.core import states
from nham.recovery import context
from nham.recovery import disk_steps
from nham.recovery.handlers import handler
from nham.recovery.handlers import StepHandler

LOG = logging.getLogger(__name__)

#: Cinder's words for a volume that a server has, or that is being deleted.
_GOING = ("reserved", "attaching", "in-use", "detaching", "deleting")


def newcomer(run: context.Run) -> model.Member:
    """Return the new member's record, written before all else.

    What bears its name can be found and removed from then on.
    """
    if run.joining is not None:
        return run.joining
    primary = run.primary
    member = model.Member(
        id=str(uuid.uuid4()),
        group_id=run.recovery.group_id,
        server_id="",
        role=states.Role.JOINING,
        host=str(run.args["host"]),
        image_id=primary.image_id,
        volume_backed=primary.volume_backed,
        kind="server",
        name=_name(run),
    )
    run.context.store.save_member(member)
    return member


def _name(run: context.Run) -> str:
    return f"nham-{run.group.vnfc}-{run.recovery.id[:8]}"


def delete_volumes(vim: vim_base.Vim, name: str) -> None:
    """Delete the volume of a member, and the snapshot in between.

    A volume that a server has goes with that, once its host is there. One
    of which checkpoints were taken is left to the collector of what nobody
    owns: those may be the newest there are.

    :raises Conflict: it is still being made.
    """
    for volume in vim.find_volumes(name):
        if volume.status not in _GOING:
            _delete(vim, volume)
    for snapshot in vim.find_snapshots(name):
        vim.delete_snapshot(snapshot.id)


def _delete(vim: vim_base.Vim, volume: storage_base.Volume) -> None:
    try:
        vim.delete_volume(volume.id)
    except errors.Conflict as error:
        # Nothing keeps one that is free but its snapshots.
        if volume.status != "available":
            raise
        LOG.info("volume %s is left for now: %s", volume.id, error)


@handler("create_volume")
class CreateVolume(StepHandler):
    """Make a volume for a new member to boot from.

    It is like the primary's, or is made of the checkpoint that is named.
    """

    def do(self, run: context.Run) -> None:
        """See base class; the record comes first, and names the volume."""
        newcomer(run)

    def complete(self, run: context.Run) -> context.Done | None:
        """See base class; it is asked for step by step."""
        vim, member = run.context.vim, run.joining
        if member is None:
            # Its group was dissolved meanwhile, so that nobody else knows
            # what was made since.
            delete_volumes(vim, _name(run))
            raise context.StepFailed("the member was removed meanwhile")
        root = next(iter(vim.server(run.primary.server_id).volumes), None)
        if root is None:
            raise context.StepFailed("the primary has no volume")
        mark = tags.of_owner(member.id)
        snapshot_id = disk_steps.snapshot(run)
        volume_id = vim.copy_volume(root, member.name, mark, snapshot_id)
        return context.Done(detail=f"volume {volume_id}")
