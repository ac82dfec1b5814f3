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

"""Why is answered by the decision on live facts, and changes nothing."""

from __future__ import annotations

import dataclasses
from typing import Any

from nham.core import descriptor
from nham.core import model
from nham.core import states
from nham.engine import requests
from nham.rpc import errors
from nham.tests.unit.engine import base

HOOK = descriptor.StateProtection(
    method="hook", interval=5.0, hook=descriptor.Hook(port=8081)
)


class WhyCase(base.WholeCase):
    """A stateful VNF with a VNFC on each of two hosts; all is well."""

    def setUp(self) -> None:
        super().setUp()
        self.requests = requests.Requests(self.engine, lambda: None)
        self.add_vnf(hosts=("one", "two"), policy=base.STATEFUL)
        self.engine.poll()
        self.look(5.0)

    def why(
        self, fault: str = "all", group_id: str | None = "v/0"
    ) -> dict[str, dict[str, Any]]:
        """Return the outlooks of one VNFC by their fault."""
        found = self.requests.why("v", group_id, fault)
        return {one["fault"]: one for one in found}

    def rules(self, **options: str) -> list[str]:
        """Return the rules that would decide."""
        return [one["rule"] for one in self.why(**options).values()]


class TestWhy(WhyCase):
    def test_each_fault(self) -> None:
        self.add_checkpoint()
        self.clock.advance(3.0)
        found = self.why()
        self.assertEqual(
            ["healthy", "app-dead", "vm-dead", "host-dead"],
            [one["rule"] for one in found.values()],
        )
        self.assertEqual("soft_reboot", found["vnfc"]["rung"])
        self.assertEqual(
            ("checkpoint 7", 3.0),
            (found["host"]["checkpoint_id"], found["host"]["state_age"]),
        )
        self.assertEqual("one", found["host"]["subject"])

    def test_each_vnfc(self) -> None:
        found = self.requests.why("v", None, "vm")
        self.assertEqual(["v/0", "v/1"], [one["group_id"] for one in found])

    def test_nothing_is_done_and_nothing_noted(self) -> None:
        before = [*self.kinds(), *self.vnf_state()]
        self.why()
        self.assertEqual(before, [*self.kinds(), *self.vnf_state()])
        self.assertEqual([], list(self.store.recoveries()))
        self.assertEqual([], self.started)

    def test_a_restart_is_left_to_whoever_decides(self) -> None:
        self.engine.cloud._restarted.add(self.server_id())
        self.why()
        self.assertTrue(self.engine.cloud.was_restarted(self.server_id()))

    def test_as_it_is_now(self) -> None:
        self.world.user_stop(self.server_id())
        self.look(base.SILENCE)
        self.engine.poll()
        self.assertEqual(["operator-stopped"], self.rules(fault="now"))
        self.world.api_down("nova", 60.0)
        self.engine.poll()
        self.clock.advance(1.0)
        (found,) = self.why(fault="vm", group_id="v/1").values()
        self.assertEqual(
            ("wait", "nova-down", "nova-down", None),
            (found["kind"], found["rule"], found["held_by"], found["outage"]),
        )

    def test_while_it_is_paused(self) -> None:
        self.store.set_paused("v", True)
        (found,) = self.why(fault="vm").values()
        self.assertEqual(
            ("would", "paused", "hard_reboot"),
            (found["kind"], found["held_by"], found["rung"]),
        )

    def test_while_it_is_recovered(self) -> None:
        self.claim()
        self.assertEqual(["busy"], self.rules(fault="vm"))

    def test_what_was_measured(self) -> None:
        now = self.clock.now()
        good = dataclasses.replace(
            base.step("verify_service", states.StepState.PENDING),
            step=model.Step(
                id="s", action="s", note="", timeout=1.0, marks="first_good"
            ),
        )
        fault = model.Fault(
            zone=descriptor.Zone.VM,
            subject="s",
            detected_at=now,
            last_good_at=now - 1.0,
        )
        claimed = self.claim(good, fault=fault)
        self.clock.advance(4.0)
        epoch = claimed.epoch
        self.store.step_started(claimed.id, 0, now, base.OWNER, epoch)
        self.store.step_ended(
            claimed.id,
            0,
            states.StepState.DONE,
            self.clock.now(),
            "",
            base.OWNER,
            epoch,
        )
        self.end(claimed)
        (found,) = self.why(fault="vm").values()
        self.assertEqual(
            {"seconds": 5.0, "says": "measured: median of 1 of this VNF"},
            found["outage"],
        )

    def test_what_cannot_be_answered(self) -> None:
        for vnf_id, group_id, kind in (
            ("x", None, errors.NotFound),
            ("v", "x", errors.NotFound),
        ):
            self.assertRaises(kind, self.requests.why, vnf_id, group_id, "all")
        self.assertRaises(ValueError, self.requests.why, "v", None, "site")
        self.store.set_vnf_state("v", states.VnfState.UNPROTECTED)
        error = self.assertRaises(
            errors.Conflict, self.requests.why, "v", None, "all"
        )
        self.assertIn("it is not protected", str(error))
