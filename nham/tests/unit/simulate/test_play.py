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


"""Acts on the members of a VNFC, whichever servers these are."""

from __future__ import annotations

from nham.adapters.simulated import records
from nham.core import states
from nham.simulate import play
from nham.simulate import scenario
from nham.tests import base

TEXT = """\
title: A standby
duration: 20 s
hosts: [cmp1, cmp2]
vnfs:
  - name: fw
    vdus: {VDU1: {hosts: [cmp1]}}
    policies:
      - name: protect
        targets: [VDU1]
        properties:
          redundancy: 1R-AA
          stateful: true
          probes: [{type: http, port: 80}]
          service_address: {driver: floating_ip}
          state_protection: {method: hook, hook: {port: 8081}}
events:
"""


class PlayTest(base.TestCase):
    """What happens in a scenario."""

    def play(self, *events: str) -> play.Player:
        """Play a scenario with these events."""
        path = self.temp_dir() / "scenario.yaml"
        lines = [f"  - {{{event}}}\n" for event in events]
        path.write_text(TEXT + "".join(lines))
        self.player = play.Player(scenario.read(str(path)))
        self.outcome = self.player.play()
        return self.player

    def said(self) -> list[str]:
        """Return the lines of the timeline that are the scenario's."""
        return [
            line.text for line in self.outcome.lines if line.who == "scenario"
        ]

    def test_members_are_found_by_their_role(self) -> None:
        player = self.play(
            "at: 19900 ms, do: crash_app, target: fw/VDU1-0/standby"
        )
        standby = player.server_id("fw/VDU1-0/standby")
        primary = player.server_id("fw/VDU1-0/primary")
        self.assertEqual(player.server_id("fw/VDU1-0"), primary)
        apps = {
            guest.server_id: guest.app
            for guest in player.lab.world.physics.guests()
        }
        self.assertEqual(
            {
                primary: records.App.SERVING,
                standby: records.App.CRASHED,
            },
            apps,
        )

    def test_a_member_that_is_not_there(self) -> None:
        self.play("at: 1 s, do: crash_vm, target: fw/VDU1-0/standby")
        (said,) = self.said()
        self.assertIn("fw/VDU1-0 has no standby now", said)

    def test_who_refuses_is_not_fed_until_it_takes_in_again(self) -> None:
        refuse = "at: 10 s, do: refuse_state, target: fw/VDU1-0/standby"
        take = "at: 15 s, do: take_state, target: fw/VDU1-0/standby"
        fed = []
        for events in ((refuse,), (refuse, take)):
            player = self.play(*events)
            (standby,) = [
                member
                for member in player.lab.store.members()
                if member.role is states.Role.STANDBY
            ]
            newest = player.lab.store.checkpoints()[0].sequence
            fed.append(newest - standby.sequence <= 1)
        self.assertEqual([False, True], fed)

    def test_a_saved_state_goes_bad(self) -> None:
        player = self.play(
            "at: 19500 ms, do: corrupt_checkpoint, target: fw/VDU1-0"
        )
        self.assertEqual(["corrupt_checkpoint fw/VDU1-0"], self.said())
        self.assertEqual(1, len(player.lab.corrupted))
