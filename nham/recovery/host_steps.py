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

"""Steps on a host: fence it with proof, tell Nova."""

from __future__ import annotations

import dataclasses

from nham.adapters import errors
from nham.core import model
from nham.recovery import attempts
from nham.recovery import context
from nham.recovery.handlers import handler
from nham.recovery.handlers import StepHandler


def _record(run: context.Run) -> model.HostRecord:
    name = str(run.args["host"])
    return run.context.store.host(name) or model.HostRecord(name=name)


@handler("fence_host")
class FenceHost(StepHandler):
    """Make sure that the host cannot serve or write any more.

    The drivers are asked in their configured order; the first that gives
    proof ends it. The operator's word is proof too.
    """

    def do(self, run: context.Run) -> None:
        """See base class; the drivers are asked while it is looked for."""

    def complete(self, run: context.Run) -> context.Done | None:
        """See base class."""
        record = _record(run)
        if record.fenced_at is not None:
            return context.Done(detail=record.proof)
        try:
            proof = attempts.fence(run, run.context.fencing, record.name)
        except errors.AdapterError as failure:
            # The step's time goes on, whoever does not answer: that of a
            # BMC may come back, and an operator may give his word.
            raise errors.Conflict(str(failure)) from failure
        return self._fenced(run, record, proof)

    def _fenced(
        self, run: context.Run, record: model.HostRecord, proof: str
    ) -> context.Done:
        now = run.context.clock.now()
        run.context.store.save_host(
            dataclasses.replace(record, fenced_at=now, proof=proof)
        )
        return context.Done(detail=proof, at=now)


@handler("force_down")
class ForceDown(StepHandler):
    """Tell Nova that the host is down, so that it lets servers go."""

    def requested(self, run: context.Run) -> bool:
        """See base class."""
        return self.complete(run) is not None

    def do(self, run: context.Run) -> None:
        """See base class; written first, so that it is lifted later."""
        record = _record(run)
        run.context.store.save_host(
            dataclasses.replace(record, forced_down=True)
        )
        if self.complete(run) is None:
            # To say it again would look like a report of the host's own.
            run.context.vim.force_down(record.name, True)

    def complete(self, run: context.Run) -> context.Done | None:
        """See base class."""
        for service in run.context.vim.services():
            if service.host == run.args["host"] and service.forced_down:
                return context.Done(detail="forced down")
        return None
