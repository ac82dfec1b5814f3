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

"""Tacker heals a VNFC while NHAM saves its disk."""

from __future__ import annotations

from nham.core import states
from nham.tests.functional import test_crash_steps as steps

#: Seconds after an image from which on a heal meets the next one.
_LATE = 19.4


class RetryTest(steps.CrashCase):
    """The next image is due when Tacker needs the server."""

    def heal(self) -> None:
        """Let an operator heal the VNFC."""
        self.prepare(steps.WAYS[0])
        self.assertTrue(self.lab.run_until(self._is_time, 60.0))
        self.old = self.server_id
        self.world.user_heal(self.instance, "VDU1-0")

    def _is_time(self) -> bool:
        newest = self.lab.store.checkpoints()[0]
        return self.lab.clock.now() - newest.cut_at > _LATE

    def race(self) -> None:
        """Let NHAM begin its image all the same: it asked just before."""
        self.replace(
            "nham.engine.checkpointing.Checkpointer._check_unclaimed",
            lambda *_args: None,
        )

    def state(self) -> str:
        """Return the state of Tacker's operation."""
        return self.world.tacker.get(self.instance).operations[0].state

    def assert_healed(self, asked: int) -> None:
        """See that it ended well, with the state.

        :param asked: how often it was tried once more.
        """
        self.lab.run_until(lambda: self.state() == "COMPLETED", 200.0)
        self.assertTrue(self.lab.run_until(self._well, 200.0))
        self.lab.run(20.0)
        self.assertNotEqual(self.old, self.server_id)
        self.assertEqual(7, self.world.read(self.server_id))
        self.assertEqual((), self.auditor.violations)
        log = self.world.gates.log
        calls = [one for one in log if one.call == "retry_operation"]
        self.assertEqual(asked, len(calls))
        told = [
            event
            for event in self.lab.store.events()
            if event.kind == "operation-retried"
        ]
        self.assertEqual(asked, len(told))

    def test_no_image_begins_amidst_the_operation(self) -> None:
        self.heal()
        begun = len(self.lab.store.checkpoints())
        self.lab.run(20.0)
        self.assertEqual(begun, len(self.lab.store.checkpoints()))
        self.assert_healed(0)

    def test_what_met_an_image_is_tried_again(self) -> None:
        self.race()
        self.heal()
        self.lab.run(13.0)
        self.assertEqual("FAILED_TEMP", self.state())
        self.assert_healed(1)

    def test_the_engine_dies_once_it_has_asked(self) -> None:
        self.race()
        self.heal()

        def on_moment(reached: str) -> None:
            if reached == "after retry_operation":
                self.runner.kill()

        self.runner.process.on_moment = on_moment
        dead = self.lab.run_until(lambda: not self.lab.alive, 100.0)
        self.assertTrue(dead, "it never asked")
        self.lab.start_engine()
        self.assert_healed(1)

    def test_a_paused_nham_leaves_it_to_the_operator(self) -> None:
        self.race()
        self.heal()
        self.lab.run(13.0)
        self.lab.store.set_setting("paused", "by the test")
        self.lab.run(90.0)
        self.assertEqual("FAILED_TEMP", self.state())
        (vnf,) = self.lab.store.vnfs()
        self.assertIs(states.VnfState.PROTECTED, vnf.state)
