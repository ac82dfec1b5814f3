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

"""``nham trace``."""

from __future__ import annotations

from nham.adapters.probes import base as probes
from nham.cmd import nham
from nham.cmd import trace
from nham.core.detection import traces
from nham.tests import base
from nham.tests.unit.engine import watch_case


class RecordTest(base.TestCase):
    def test_what_was_seen(self) -> None:
        prober, moment = watch_case.ScriptedProber(), [0.0]
        script = {
            1: [(7, "sent", 100.0)],
            2: [(7, "good", 100.02), (8, "sent", 100.25)],
            3: [(9, "sent", 100.5), (8, "bad", 100.6)],
            4: [(9, "good", 100.53), (3, "good", 100.6)],
        }

        def sleep(seconds: float) -> None:
            moment[0] += 1.0
            prober.seen = [
                probes.Observation(key="t", sequence=n, what=what, at=at)
                for n, what, at in script.get(int(moment[0]), [])
            ]
            prober.late = 0.5 if moment[0] == 3.0 else 0.0

        found = trace.record(prober, 5.0, lambda: moment[0], sleep)
        self.assertEqual(
            [(0.0, 0.02, 0.0), (0.25, None, 0.0), (0.5, 0.03, 0.5)],
            [
                (one.at, one.delay and round(one.delay, 6), one.lag)
                for one in found
            ],
        )
        self.assertEqual(found, traces.read(traces.write(found)))

    def test_target_that_cannot_be_asked(self) -> None:
        path = self.temp_dir() / "trace"
        self.assertEqual(
            1, nham.main(["trace", "here", str(path), "--seconds", "0"])
        )
        self.assertFalse(path.exists())
