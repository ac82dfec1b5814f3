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

"""Tests of what NHAM tells."""

from __future__ import annotations

import dataclasses
from typing import Any

from nham import metrics
from nham.core import decision
from nham.core import model
from nham.core import states
from nham.core.decision import replica_rules
from nham.engine import journal
from nham.tests.unit.engine import base

State = states.RecoveryState
Severity = states.Severity


def verdict(rule: str, *reasons: str, **fields: Any) -> decision.Verdict:
    """Return a verdict that waits, by default."""
    kind = fields.pop("kind", decision.Kind.WAIT)
    return decision.Verdict(
        group_id="v/0", kind=kind, rule=rule, reasons=reasons, **fields
    )


class JournalCase(base.EngineCase):
    """A VNF with one VNFC."""

    def setUp(self) -> None:
        super().setUp()
        self.add_vnf()

    def newest(self) -> model.Event:
        """Return the newest event."""
        return self.store.events()[-1]


class TestEvent(JournalCase):
    """An event as such."""

    def test_is_written_down(self) -> None:
        self.clock.advance(5.0)
        self.journal.event(Severity.CRITICAL, "odd", "It is.", "v", "one")
        event = self.newest()
        self.assertEqual(self.clock.now(), event.at)
        self.assertEqual(Severity.CRITICAL, event.severity)
        self.assertEqual(("odd", "It is."), (event.kind, event.message))
        self.assertEqual(("v", "one"), (event.vnf_id, event.host))

    def test_is_logged_at_its_level(self) -> None:
        for severity, level in (
            (Severity.INFO, "INFO"),
            (Severity.WARNING, "WARNING"),
            (Severity.CRITICAL, "ERROR"),
        ):
            with self.assertLogs(journal.LOG) as told:
                self.journal.event(severity, "odd", "It is.")
            self.assertEqual(level, told.records[0].levelname)
            self.assertEqual("odd: It is.", told.records[0].getMessage())


class TestRecovery(JournalCase):
    """A recovery from its claim to its end."""

    def ended(self, state: State, reason: str = "") -> model.Event:
        """Tell of a recovery that ended two seconds after the fault."""
        now = self.clock.now()
        done = dataclasses.replace(
            base.step("see_answer", states.StepState.DONE), ended_at=now + 2.0
        )
        marked = dataclasses.replace(done.step, marks="first_good")
        recovery = self.recovery(
            dataclasses.replace(done, step=marked), state=state, reason=reason
        )
        self.journal.recovery_ended(recovery)
        return self.newest()

    def test_started(self) -> None:
        recovery = self.recovery(reasons=("It is dead", "reboot", "price"))
        self.journal.recovery_started(recovery, self.entry())
        self.assertEqual(
            ("recovering", "It is dead; reboot"), self.vnf_state()
        )
        event = self.newest()
        self.assertEqual("recovery-started", event.kind)
        self.assertEqual(Severity.WARNING, event.severity)
        self.assertEqual("v VDU1-0: It is dead; reboot; price", event.message)
        self.assertEqual("v", event.vnf_id)

    def test_succeeded(self) -> None:
        self.store.set_vnf_state("v", states.VnfState.RECOVERING, "dead")
        event = self.ended(State.SUCCEEDED)
        self.assertEqual(("protected", ""), self.vnf_state())
        self.assertEqual("recovery-succeeded", event.kind)
        self.assertEqual(Severity.INFO, event.severity)
        self.assertEqual(
            f"hard_reboot of {self.server_id()}: done "
            "(first_good_seconds 2.00 s)",
            event.message,
        )

    def test_failed_one_leaves_the_state_to_the_next_decision(self) -> None:
        self.store.set_vnf_state("v", states.VnfState.RECOVERING, "dead")
        event = self.ended(State.FAILED, "no host")
        self.assertEqual(("recovering", "dead"), self.vnf_state())
        self.assertEqual("recovery-failed", event.kind)
        self.assertEqual(Severity.WARNING, event.severity)
        self.assertIn(": no host (", event.message)

    def test_aborted(self) -> None:
        self.store.set_vnf_state("v", states.VnfState.RECOVERING, "dead")
        event = self.ended(State.ABORTED)
        self.assertEqual(("protected", ""), self.vnf_state())
        self.assertEqual(
            ("recovery-aborted", Severity.INFO), (event.kind, event.severity)
        )

    def test_is_counted(self) -> None:
        def count() -> float:
            found = metrics.registry.get_sample_value(
                "nham_recoveries_total",
                {"zone": "vm", "rung": "hard_reboot", "state": "failed"},
            )
            return found or 0.0

        before = count()
        self.ended(State.FAILED)
        self.assertEqual(1.0, count() - before)


class TestNotActing(JournalCase):
    """Why nothing is done."""

    def tell(self, found: decision.Verdict, again: bool = False) -> None:
        """Tell it of the only VNFC."""
        self.journal.not_acting(found, self.entry(), again)

    def test_states(self) -> None:
        for rule, kind, state in (
            ("nova-down", decision.Kind.WAIT, "waiting"),
            ("operator-stopped", decision.Kind.NOTHING, "stopped"),
            ("set-aside", decision.Kind.NOTHING, "stopped"),
            ("vm-dead", decision.Kind.WOULD, "paused"),
            ("failback-request", decision.Kind.NOTHING, "protected"),
        ):
            with self.subTest(rule=rule):
                self.tell(verdict(rule, "one", "two", kind=kind))
                self.assertEqual((state, "one; two"), self.vnf_state())

    def test_who_waits_for_a_standby_only_serves(self) -> None:
        for rule in replica_rules.RULES:
            if rule.kind is decision.Kind.WAIT and "standby" in rule.name:
                with self.subTest(rule=rule.name):
                    self.tell(verdict(rule.name, "why"))
                    self.assertEqual(("degraded", "why"), self.vnf_state())

    def test_who_is_paused_and_well_stays_so(self) -> None:
        self.store.set_paused("v", True)
        found = verdict("failback-request", "why", kind=decision.Kind.NOTHING)
        self.tell(found)
        self.assertEqual(("paused", "why"), self.vnf_state())

    def test_what_needs_an_operator_is_critical(self) -> None:
        for rule in (
            "exhausted",
            "host-unfenced",
            "mass-failure",
            "vnfm-stuck",
        ):
            with self.subTest(rule=rule):
                self.tell(verdict(rule, "why"))
                event = self.newest()
                self.assertEqual(rule, event.kind)
                self.assertEqual(Severity.CRITICAL, event.severity)
                self.assertEqual("v VDU1-0: why", event.message)

    def test_the_rest_is_for_information(self) -> None:
        self.tell(verdict("nova-down", "why"))
        self.assertEqual(Severity.INFO, self.newest().severity)

    def test_what_would_be_done(self) -> None:
        self.tell(verdict("vm-dead", kind=decision.Kind.WOULD))
        self.assertEqual("would-vm-dead", self.newest().kind)

    def test_again_only_the_state_is_set(self) -> None:
        self.tell(verdict("nova-down", "why"), again=True)
        self.assertEqual(("waiting", "why"), self.vnf_state())
        self.assertEqual([], self.kinds())

    def test_well_again_is_told_once(self) -> None:
        self.tell(verdict("nova-down", "why"))
        for _ in range(2):
            self.journal.well_again(self.entry())
        self.assertEqual(("protected", ""), self.vnf_state())
        self.assertEqual(["nova-down", "well-again"], self.kinds())
        self.assertEqual("v VDU1-0 is well", self.newest().message)
