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

"""Steps that look at the service: still dead, booting, serving."""

from __future__ import annotations

from nham.adapters import errors
from nham.core import facts
from nham.recovery import context
from nham.recovery import movers
from nham.recovery.handlers import handler
from nham.recovery.handlers import StepHandler

#: Seconds from the step of an engine that died until another has taken it
#: over, and has had time to hear of whom it asks.
_TAKEN_OVER = 8.0


@handler("confirm_fault")
class ConfirmFault(StepHandler):
    """Look once more, just before the first harm is done.

    A false suspicion must cost nothing where nothing was done yet
    (NHAM paper 3.4). What answered when it was decided proves nothing: a
    dead application in a living guest stays a fault, whatever is done.
    """

    def do(self, run: context.Run) -> None:
        """See base class; there is nothing to ask for."""

    def complete(self, run: context.Run) -> context.Done | None:
        """See base class."""
        view = run.context.watch.view(run.subject)
        answered = run.args.get("answered", ())
        assert isinstance(answered, (list, tuple))
        died = self._died(run)
        # No probe may have missed it yet when its host tells.
        since = run.recovery.fault.detected_at if died else 0.0
        if (
            view.app is facts.Health.OK
            and "app" not in answered
            and (view.last_good_at or since) >= since
        ):
            raise context.Aborted("it answers again")
        if died:
            # The word of its host is a proof, and need not wait for Nova.
            return context.Done(
                detail=f"still so; the agent of {run.args['host']} says that "
                "its process died"
            )
        if self._is_new_to_it(run, view):
            return None
        try:
            said = f"Nova says {run.server.status}"
        except errors.NotFound:
            return context.Done(detail="the server is gone")
        except errors.Unavailable:
            if not self._proved(run, view):
                raise
            said = "Nova does not answer, but who is to serve does"
        if view.icmp is facts.Health.OK and "icmp" not in answered:
            raise context.Aborted("the guest answers again")
        return context.Done(detail=f"still so; {said}")

    @staticmethod
    def _died(run: context.Run) -> bool:
        """Say whether the host tells now that the process is gone.

        One that was started again meanwhile is asked of Nova, as ever.
        """
        at = (run.args.get("host"), run.member.server_id)
        return at in run.context.agents.deaths()

    @staticmethod
    def _is_new_to_it(run: context.Run, view: context.MemberView) -> bool:
        """Say whether we ask the member, but it had no time to answer yet.

        An engine that has just taken over has heard nothing of it, and
        that is no evidence.
        """
        heard = {view.app, view.icmp} != {facts.Health.UNKNOWN}
        until = run.since + _TAKEN_OVER
        return view.probed and not heard and run.context.clock.now() < until

    @staticmethod
    def _proved(run: context.Run, view: context.MemberView) -> bool:
        """Say whether the probes alone prove the fault.

        They are well themselves if another member answers them.
        """
        witness = run.args.get("witness")
        if witness is None:
            return False
        answers = run.context.watch.view(str(witness)).app is facts.Health.OK
        return answers and facts.Health.DEAD in (view.app, view.icmp)


@handler("verify_service")
class VerifyService(StepHandler):
    """Wait for the first good answer of the application."""

    def do(self, run: context.Run) -> None:
        """See base class."""
        run.context.watch.refresh(run.recovery.group_id)

    def complete(self, run: context.Run) -> context.Done | None:
        """See base class."""
        view = run.context.watch.view(run.recovery.group_id)
        if view.stale:
            return None
        if not view.probed:
            server = run.server
            if server.status != "ACTIVE" or server.task_state is not None:
                return None
            return context.Done(detail="ACTIVE; no probe to ask it")
        at = view.last_good_at
        healths = {view.app, view.icmp} - {facts.Health.UNKNOWN}
        if at is None or at < run.since or facts.Health.DEAD in healths:
            movers.lead_again(run)
            return None
        return context.Done(detail="it answers", at=at)
