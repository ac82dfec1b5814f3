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


"""Scenario files: what is read, and what is refused where."""

from __future__ import annotations

from typing import Any

import yaml

from nham.descriptor import errors
from nham.simulate import scenario
from nham.tests import base

GOOD = """\
title: A good one
seed: 3
duration: 2 m
engines: 2
hosts: {cmp1: {capacity: 5}, cmp2: }
vnfs:
  - name: fw
    vdus:
      VDU1: {hosts: [cmp1, cmp2], boot: volume, affinity: true}
    policies:
      - name: protect
        targets: [VDU1]
        properties: {redundancy: 0R}
settings: {lease: 5 s, workers: 2}
limits: {share: 0.25}
events:
  - {at: 20 s, do: api_down, system: nova, for: 500 ms}
  - {at: 10 s, do: crash_vm, target: fw/VDU1-1}
"""
_ONE_R = """1R-AS, stateful: true,
          probes: [{type: tcp, port: 80}],
          service_address: {driver: floating_ip},
          state_protection: {method: hook, hook: {port: 8081}}}"""


class ScenarioTest(base.TestCase):
    """Reading scenarios."""

    def setUp(self) -> None:
        super().setUp()
        self.path = self.temp_dir() / "scenario.yaml"

    def read(self, text: str) -> scenario.Scenario:
        """Return the scenario of a text."""
        self.path.write_text(text)
        return scenario.read(str(self.path))

    def refused(self, text: str) -> list[str]:
        """Return what is wrong, without the file's name."""
        error = self.assertRaises(errors.DescriptorError, self.read, text)
        problems: Any = error.problems
        return [f"{p.line}: {p.field}: {p.rule}" for p in problems]

    def test_all_is_read(self) -> None:
        found = self.read(GOOD)
        self.assertEqual("A good one", found.title)
        self.assertEqual((3, 120.0, 2), (found.seed, found.duration, 2))
        self.assertEqual({"cmp1": 5, "cmp2": 100}, found.hosts)
        vnf = found.vnfs[0]
        self.assertEqual({"VDU1": ["cmp1", "cmp2"]}, vnf.vdus)
        self.assertEqual(("VDU1",), vnf.volume_backed)
        self.assertEqual(("VDU1",), vnf.affinity)
        self.assertEqual("protect", vnf.policies[0].name)
        self.assertEqual((5.0, 2), (found.settings.lease, 2))
        self.assertEqual(0.25, found.settings.limits.share)
        self.assertEqual(
            [
                {"do": "crash_vm", "at": 10.0, "target": "fw/VDU1-1"},
                {"do": "api_down", "at": 20.0, "system": "nova", "for": 0.5},
            ],
            list(found.events),
        )

    def test_unknown_keys_are_refused_with_their_line(self) -> None:
        self.assertEqual(
            "1: colour: is unknown; known are title, seed, duration, "
            "engines, agents, hosts, vnfs, settings, limits, events",
            self.refused("colour: red\n" + GOOD)[0],
        )
        text = GOOD.replace("lease: 5 s", "leash: 5 s")
        self.assertIn("14: settings.leash: is unknown", self.refused(text)[0])
        text = GOOD.replace("affinity: true", "affinty: true")
        self.assertIn("vdus.VDU1.affinty: is unknown", self.refused(text)[0])

    def test_policies_are_checked_as_in_a_descriptor(self) -> None:
        text = GOOD.replace("0R}", "0R, num_backups: 2, sla: 3}")
        found = self.refused(text)
        where = "vnfs[0].policies[0].properties"
        self.assertTrue(all(f.startswith(f"13: {where}") for f in found))
        self.assertIn("sla: is unknown", " ".join(found))
        text = GOOD.replace("targets: [VDU1]", "targets: [VDU7]")
        self.assertIn("there is no VDU7", self.refused(text)[0])

    def test_events_are_checked(self) -> None:
        for old, new, rule in (
            ("crash_vm", "crash", "18: events[1].do: must be one of"),
            ("fw/VDU1-1", "fw/VDU1-7", "must be one of fw/VDU1-0, fw/VDU1-1"),
            ("nova, for", "heat, for", "events[0].system: must be one of"),
            ("for: 500 ms", "for: 500", "must be a number with a unit"),
            (", for: 500 ms", "", "events[0].for: is required"),
            ("at: 10 s", "at: soon", "events[1].at: must be a number"),
        ):
            found = self.refused(GOOD.replace(old, new))
            self.assertEqual(1, len(found), str(found))
            self.assertIn(rule, found[0])

    def test_members_are_named_where_there_is_a_standby(self) -> None:
        text = GOOD.replace("fw/VDU1-1", "fw/VDU1-1/standby")
        rule = "must be one of fw/VDU1-0, fw/VDU1-1, found"
        self.assertIn(rule, self.refused(text)[0])
        text = text.replace("boot: volume, ", "").replace("0R}", _ONE_R)
        self.assertEqual(
            "fw/VDU1-1/standby", self.read(text).events[0]["target"]
        )
        text = text.replace("crash_vm", "user_heal")
        self.assertIn(rule, self.refused(text)[0])

    def test_wrong_values(self) -> None:
        for old, new, rule in (
            ("hosts: [cmp1, cmp2]", "hosts: [cmp9]", "no host cmp9"),
            ("boot: volume", "boot: net", "must be one of image, volume"),
            ("share: 0.25", "share: 2", "must be a number from 0 to 1"),
            ("engines: 2", "engines: two", "must be an integer from 0"),
            ("engines: 2", "agents: some", "must be one of none, heard"),
            ("duration: 2 m", "duration: 120", "with a unit"),
            ("affinity: true", "affinity: 1", "must be true or false"),
            ("seed: 3", "seed: 3\nseed: 4", "is there twice"),
        ):
            self.assertIn(rule, self.refused(GOOD.replace(old, new))[0])

    def test_every_required_part(self) -> None:
        for part in ("duration", "hosts", "vnfs"):
            data = yaml.safe_load(GOOD)
            del data[part]
            told = " ".join(self.refused(yaml.safe_dump(data)))
            self.assertIn(f"{part}: is required", told)

    def test_a_file_that_is_not_there(self) -> None:
        self.assertRaises(
            errors.NotReadableError, scenario.read, "/nonexistent.yaml"
        )
