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

"""Feeds members: each state that is saved goes to the others at once.

Source: NHAM paper 3.3.3 (1R-AA) and 3.4. A standby has one saved state
whole, or it counts as having none; what is under way while its primary
fails is waited for, so that it cannot come after what is given then.
Where members merge the states of all (MR-AA), what those beside the primary
have goes straight to the others, and is saved with the primary's.
"""

from __future__ import annotations

import logging

from nham.adapters import errors
from nham.adapters.checkpoints import base as checkpoints
from nham.core import facts
from nham.core import mechanisms
from nham.core import member_facts
from nham.core import model
from nham.core import states
from nham.engine import fleet as fleet_
from nham.recovery import context

LOG = logging.getLogger(__name__)

#: Seconds beside the hook's own time-out until an import is surely over.
_SLACK = 1.0
_SERVING = (states.Role.PRIMARY, states.Role.ACTIVE)


class Feeder:
    """Gives the members of a group the state of others."""

    def __init__(self, ctx: context.Context) -> None:
        self._context = ctx

    def feed(self, entry: fleet_.Entry) -> None:
        """Give it, if the mechanism wants that, to whoever lacks it."""
        if not mechanisms.of(entry.policy.redundancy).feeds:
            return
        store = self._context.store
        saved = fleet_.good_checkpoints(store, entry)
        if not saved:
            return
        members = store.members(group_id=entry.group.id)
        sender = context.sender(members, entry.group, saved[0].server_id)
        for member in members:
            until = member.importing_until
            if until is not None and until > self._context.clock.now():
                # Another engine is at it; which of two came last is not
                # known.
                continue
            fed = member.role in member_facts.FIT_ROLES and not member.parked
            if fed and member.sequence < saved[0].sequence:
                self._give(entry, member, saved[0], sender)

    def exchange(self, entry: fleet_.Entry) -> None:
        """Give what each member beside the primary has to all others.

        What the primary has they are fed. An import adds to what is there,
        so it does not matter which comes first, and one that ends amidst a
        recovery takes nothing back.
        """
        protection = entry.policy.state_protection
        if protection.spread != "merge" or protection.engine is None:
            return
        engine = self._context.engines[protection.engine]
        serving = [
            member
            for member in self._context.store.members(group_id=entry.group.id)
            if member.role in _SERVING and not self._dead(member)
        ]
        for source in serving:
            if source.role is states.Role.PRIMARY:
                continue
            try:
                data = engine.export_state(source.server_id)
            except errors.AdapterError as error:
                LOG.info("%s exports nothing: %s", source.server_id, error)
                continue
            sender = context.sender(serving, entry.group, source.server_id)
            for member in serving:
                if member is not source:
                    self._hand(engine, member, data, sender)

    def _dead(self, member: model.Member) -> bool:
        view = self._context.watch.view(context.subject(member))
        return view.app is facts.Health.DEAD

    @staticmethod
    def _hand(
        engine: checkpoints.CheckpointEngine,
        member: model.Member,
        data: bytes,
        sender: str,
    ) -> None:
        try:
            engine.import_state(member.server_id, data, sender)
        except errors.AdapterError as error:
            LOG.info("%s merges nothing: %s", member.server_id, error)

    def _give(
        self,
        entry: fleet_.Entry,
        standby: model.Member,
        checkpoint: model.Checkpoint,
        sender: str,
    ) -> None:
        store, hook = self._context.store, entry.policy.state_protection.hook
        timeout = (hook.timeout if hook else 0.0) + _SLACK
        until = self._context.clock.now() + timeout
        store.note_state(standby.id, standby.sequence, until)
        # Written first: whoever claims from now on waits until we are done.
        if store.group(entry.group.id).recovery_id is not None:
            store.note_state(standby.id, standby.sequence, None)
            return
        engine = self._context.engines[checkpoint.engine]
        has = 0
        try:
            engine.give(checkpoint, standby.server_id, sender)
            has = checkpoint.sequence
        except errors.Refused as error:
            # What it had before it still has.
            LOG.warning("%s refuses its state: %s", standby.server_id, error)
            has = standby.sequence
        except errors.AdapterError as error:
            # It may have restarted, and hold nothing any more.
            LOG.info("%s is not fed now: %s", standby.server_id, error)
        finally:
            store.note_state(standby.id, has, None)
