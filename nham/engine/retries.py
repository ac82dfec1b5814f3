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

"""Operations of the VNFM that an image of NHAM's own has made fail.

While Nova takes an image of a server it refuses most else. An operation
that meets this fails and waits for its operator, who did nothing wrong: so
NHAM has it tried again once the image is there. What says that it is to be
tried is in the VNFM's and in NHAM's own record, so that an engine that dies
amidst this leaves nothing undone, and nothing to be done twice.
"""

from __future__ import annotations

import logging
import re

from nham.adapters import errors
from nham.adapters.vnfm import base as vnfm_base
from nham.core import model
from nham.core import states
from nham.engine import journal as journal_
from nham.engine import settings as settings_
from nham.recovery import context

LOG = logging.getLogger(__name__)

#: Nova's words for what it refuses because of an image, as Heat and Tacker
#: hand them on.
_REFUSED = re.compile(r"instance (\S+) while it is in task_state image_")


class Retrier:
    """Has the VNFM try again what met an image of NHAM's own."""

    def __init__(
        self,
        ctx: context.Context,
        journal: journal_.Journal,
        settings: settings_.Settings,
    ) -> None:
        self._context = ctx
        self._journal = journal
        self._settings = settings
        self._told: set[tuple[str, float]] = set()

    def run(self) -> None:
        """Look once at what is stuck; it may be called at any time."""
        store = self._context.store
        may = self._settings.limits.fail_stuck
        if not may or store.setting("paused") is not None:
            return
        for source, vnfm in self._context.vnfms.items():
            try:
                for operation in vnfm.stuck_operations():
                    vnf = self._vnf(source, operation)
                    if vnf is not None and self._is_due(vnf, operation):
                        self._tell(vnf, operation)
                        vnfm.retry_operation(operation.id)
            except errors.AdapterError as error:
                LOG.warning("%s: nothing is tried again: %s", source, error)

    def _vnf(
        self, source: str, operation: vnfm_base.Operation
    ) -> model.Vnf | None:
        """Return the VNF of an operation, if NHAM may act on it."""
        for vnf in self._context.store.vnfs():
            known = (vnf.source, vnf.instance_id)
            if known == (source, operation.instance_id) and not vnf.paused:
                return vnf
        return None

    def _is_due(self, vnf: model.Vnf, operation: vnfm_base.Operation) -> bool:
        """Say whether an image made it fail, and is in its way no more.

        A recovery of the VNF may have asked for it, and sees to it itself.
        """
        refused = _REFUSED.search(operation.error)
        store = self._context.store
        if refused is None or any(
            group.recovery_id for group in store.groups(vnf_id=vnf.id)
        ):
            return False
        images = [
            checkpoint
            for checkpoint in store.checkpoints(vnf_id=vnf.id)
            if checkpoint.server_id == refused[1]
            and self._context.engines[checkpoint.engine].occupies
        ]
        creating = states.CheckpointState.CREATING
        if any(image.state is creating for image in images):
            return False
        return any(self._was_taken(image, operation.since) for image in images)

    def _was_taken(self, image: model.Checkpoint, at: float) -> bool:
        """Say whether an image was being taken at a moment."""
        # It is not known when one that failed was over.
        longest = image.cut_at + self._settings.checkpoint_timeout
        end = image.completed_at or longest
        skew = context.CLOCK_SKEW
        return image.cut_at - skew <= at <= end + skew

    def _tell(self, vnf: model.Vnf, operation: vnfm_base.Operation) -> None:
        """Tell once of each failure, however often the VNFM is asked."""
        failure = operation.id, operation.since
        if failure in self._told:
            return
        self._told.add(failure)
        self._journal.event(
            states.Severity.WARNING,
            "operation-retried",
            f"{vnf.name}: {operation.kind} {operation.id} failed because "
            f"NHAM took an image meanwhile; the VNFM is to try it again",
            vnf.id,
        )
