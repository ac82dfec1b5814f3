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

"""Lost state: puts the newest checkpoint back where a VNFC is without it."""

from __future__ import annotations

from collections.abc import Callable
import logging

from nham.core import model
from nham.core import states
from nham.engine import checkpointing
from nham.engine import derive
from nham.engine import fleet as fleet_
from nham.engine import journal as journal_
from nham.recovery import context

LOG = logging.getLogger(__name__)

#: Of so many recoveries of a group it is seen how often the last ones failed.
_LOOK_BACK = 8

#: Puts a checkpoint back, by a rule and for a reason.
Restore = Callable[[model.Checkpoint, str, str], model.Recovery]
#: Has a VNF import its newest state, by a rule and for a reason.
Import = Callable[[fleet_.Entry, str, str], None]


class LostState:
    """Orders the recoveries that give VNFCs their state back.

    :param entry: returns a group as the database has it now.
    """

    def __init__(
        self,
        ctx: context.Context,
        journal: journal_.Journal,
        entry: Callable[[str], fleet_.Entry],
        restore: Restore,
        have_imported: Import,
    ) -> None:
        self._context = ctx
        self._journal = journal
        self._entry = entry
        self._restore = restore
        self._import = have_imported

    def put_back(self, group_id: str, rule: str, reason: str) -> None:
        """Restore the state of a VNFC that has lost it behind our back.

        A heal by another hand boots the VNFD's image, and an application
        that restarts comes back empty. The newest good checkpoint holds
        the state. What the VNF did not take is tried again ever later.
        """
        store = self._context.store
        try:
            entry = self._entry(group_id)
        except checkpointing.NotNow:
            return
        good = fleet_.good_checkpoints(store, entry)
        if not (entry.policy.stateful and good):
            return
        past = store.recoveries(group_id=group_id, limit=_LOOK_BACK)
        if derive.must_pause(past, self._context.clock.now()):
            return
        try:
            if good[0].engine == "hook":
                self._import(entry, rule, reason)
            elif not entry.member.volume_backed:
                self._restore(good[0], rule, reason)
        except checkpointing.NotNow as why:
            LOG.warning("state of %s stays lost: %s", group_id, why)

    def try_older(self, recovery: model.Recovery) -> None:
        """Try an older checkpoint where one could not be put back.

        The VNFC serves by then, but without its state, so no decision
        would see that anything is wrong.
        """
        tried = derive.unrestored(recovery)
        if tried is None:
            return
        store = self._context.store
        older = [
            checkpoint
            for checkpoint in store.checkpoints(
                group_id=recovery.group_id,
                states=[states.CheckpointState.AVAILABLE],
            )
            if checkpoint.sequence < store.checkpoint(tried).sequence
        ]
        if not older:
            self._journal.event(
                states.Severity.CRITICAL,
                "state-lost",
                f"no checkpoint is left to restore {recovery.group_id} from",
                recovery.vnf_id,
            )
            return
        reason = f"checkpoint {tried} could not be put back"
        try:
            self._restore(older[0], "restore", reason)
        except checkpointing.NotNow as why:
            LOG.warning("%s; %s", reason, why)
