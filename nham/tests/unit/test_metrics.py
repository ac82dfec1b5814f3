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


"""What is counted can be read."""

from __future__ import annotations

import dataclasses

from nham import metrics
from nham.core import model
from nham.core import states
from nham.tests import base
from nham.tests.unit.core import test_timeline
from nham.tests.unit.db import base as records


class MetricsTest(base.TestCase):
    """The table and the functions that fill it."""

    def test_every_metric_is_told_with_its_meaning(self) -> None:
        text = metrics.exposition().decode()
        for metric in metrics.TABLE:
            name = metric.name.removesuffix("_total")
            self.assertIn(f"# HELP {name}", text)
            self.assertTrue(metric.meaning.endswith("."), metric.name)

    def test_recovery(self) -> None:
        before = self._value("nham_recovery_seconds_sum", duration="outage")
        recovery = dataclasses.replace(
            test_timeline.RECOVERY, state=states.RecoveryState.SUCCEEDED
        )
        metrics.recovery_ended(recovery)
        after = self._value("nham_recovery_seconds_sum", duration="outage")
        self.assertEqual(7.0, after - before)
        self.assertLessEqual(
            1.0,
            self._value(
                "nham_recoveries_total",
                zone="vm",
                rung="rung",
                state="succeeded",
            ),
        )

    def test_probe_ports(self) -> None:
        before = self._value("nham_unasked_questions_total")
        metrics.unasked()
        self.assertEqual(
            before + 1, self._value("nham_unasked_questions_total")
        )
        metrics.probe_ports(2, 1)
        self.assertEqual(2.0, self._value("nham_probe_ports", state="serving"))
        self.assertEqual(1.0, self._value("nham_probe_ports", state="waiting"))

    def test_checkpoint(self) -> None:
        checkpoint = dataclasses.replace(
            records.make_checkpoint(1), engine="test", completed_at=1003.0
        )
        metrics.checkpoint_taken(checkpoint)
        failed = states.CheckpointState.FAILED
        metrics.checkpoint_taken(
            dataclasses.replace(checkpoint, state=failed, completed_at=None)
        )
        value = self._value
        self.assertEqual(
            2.0, value("nham_checkpoint_seconds_sum", engine="test")
        )
        self.assertEqual(
            7.0, value("nham_checkpoint_bytes_total", engine="test")
        )
        self.assertEqual(
            1.0, value("nham_checkpoints_total", engine="test", state="failed")
        )

    def test_pause(self) -> None:
        parts = (
            model.Artifact(kind="state", id="a", pause=0.25),
            model.Artifact(kind="state", id="b"),
        )
        checkpoint = dataclasses.replace(
            records.make_checkpoint(1, artifacts=parts),
            engine="paused",
            completed_at=1003.0,
        )
        metrics.checkpoint_taken(checkpoint)
        metrics.checkpoint_taken(
            dataclasses.replace(checkpoint, artifacts=parts[1:])
        )
        name = "nham_checkpoint_pause_seconds"
        for what, wanted in (("sum", 0.25), ("count", 1.0)):
            found = self._value(f"{name}_{what}", engine="paused")
            self.assertEqual(wanted, found)

    def test_gauges(self) -> None:
        metrics.state_age("v", "VDU1-0", 12.5)
        metrics.fleet({"protected": 3}, 2)
        self.assertEqual(
            12.5, self._value("nham_state_age_seconds", vnf="v", vnfc="VDU1-0")
        )
        self.assertEqual(3.0, self._value("nham_vnfs", state="protected"))
        self.assertEqual(2.0, self._value("nham_engines_alive"))

    def test_levels(self) -> None:
        metrics.levels({("v", "A", "declared"): 2, ("v", "B", "declared"): 0})
        metrics.levels({("v", "A", "declared"): 1})
        self.addCleanup(metrics.levels, {})
        found = [
            metrics.registry.get_sample_value(
                "nham_vnf_sal", {"vnf": "v", "vnfc": vnfc, "kind": "declared"}
            )
            for vnfc in ("A", "B")
        ]
        self.assertEqual([1.0, None], found)

    def _value(self, name: str, **labels: str) -> float:
        return metrics.registry.get_sample_value(name, labels) or 0.0
