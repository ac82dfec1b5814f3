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

"""The form that the NHAM paper prints, and what becomes of it."""

from typing import Any

import yaml

from nham.descriptor import errors
from nham.descriptor import files
from nham.descriptor import reader
from nham.tests import base
from nham.tests.unit.descriptor import samples

#: The same block where other readings of the print put it.
_SIBLINGS = """
topology_template:
  node_templates:
    capabilities:
      nfv_compute:
        properties:
          mem_size: 512 MB
          num_cpus: 4
    properties:
      type: container
      image: ubuntu
    resiliency:
      num_backups: 3
      cooldown: 250 ms
      vnf_level:
        type: MR-AA
"""
_NAMED = """
topology_template:
  node_templates:
    firewall:
      capabilities:
        nfv_compute:
          properties:
            mem_size: 512 MB
            num_cpus: 4
      properties:
        type: container
        image: ubuntu
      resiliency:
        num_backups: 3
        cooldown: 250 ms
        vnf_level: {type: MR-AA}
"""


class TestPaper(base.TestCase):
    def problems(self, text: str) -> list[str]:
        error = self.assertRaises(
            errors.DescriptorError, reader.read, text.encode()
        )
        return str(error).splitlines()

    def converted(self, text: str) -> Any:
        fileset = files.collect(text.encode())
        self.assertEqual([], fileset.problems)
        return fileset.documents[fileset.entry].data

    def asked_for(self, text: str) -> list[str]:
        """Return the fields that a descriptor lacks or has in vain."""
        return [line.split(": ")[1] for line in self.problems(text)]

    def test_as_printed_it_lacks_what_the_paper_leaves_open(self) -> None:
        self.assertEqual(
            [
                "VNF_resiliency.cooldown",
                "VNF_resiliency.probes",
                "VNF_resiliency.service_address.driver",
            ],
            sorted(self.asked_for(samples.paper())),
        )

    def test_other_readings_of_the_print(self) -> None:
        wanted = self.converted(samples.paper())
        self.assertEqual(wanted, self.converted(_SIBLINGS))
        named = yaml.safe_dump(self.converted(_NAMED), sort_keys=False)
        self.assertEqual(
            wanted, yaml.safe_load(named.replace("firewall", "VNF"))
        )
        for text, name in ((_SIBLINGS, "VNF"), (_NAMED, "firewall")):
            self.assertIn(
                f"{name}_resiliency.service_address.driver",
                self.asked_for(text),
            )

    def test_converted_is_a_descriptor_of_its_own(self) -> None:
        data = self.converted(samples.paper())
        self.assertEqual(
            [
                {
                    "VNF_resiliency": {
                        "type": "nham.policies.nfv.Resiliency",
                        "targets": ["VNF"],
                        "properties": {
                            "redundancy": "MR-AA",
                            "num_backups": 3,
                            "cooldown": "250 ms",
                        },
                    }
                }
            ],
            data["topology_template"]["policies"],
        )
        text = yaml.safe_dump(data, sort_keys=False)
        self.assertEqual(3, len(self.problems(text)))
        self.assertEqual(data, self.converted(text))

    def test_0r_is_a_checkpointed_vnfc(self) -> None:
        text = samples.paper().replace("MR-AA", "0R")
        text = text.replace("num_backups: 3", "num_backups: 0")
        text = text.replace("250 ms", "30 s")
        found = reader.read(text.encode())
        (policy,) = found.policies
        self.assertTrue(policy.stateful)
        self.assertEqual("image_snapshot", policy.state_protection.method)
        self.assertEqual(30.0, policy.state_protection.interval)
        self.assertEqual("ubuntu", found.vdus["VNF"].image)

    def test_one_replica_needs_what_the_block_cannot_say(self) -> None:
        for mechanism in ("1R-AS", "1R-AA"):
            text = samples.paper().replace("MR-AA", mechanism)
            text = text.replace("num_backups: 3", "num_backups: 1")
            found = self.problems(text)
            self.assertEqual(3, len(found), str(found))
            for line, rule in (
                (
                    13,
                    "cooldown: a checkpoint interval, retention, max_total "
                    "or rpo needs",
                ),
                (11, "service_address.driver: all mechanisms but 0R need"),
                (11, "probes: all mechanisms but 0R need at least one probe"),
            ):
                start = f"descriptor.yaml:{line}: VNF_resiliency.{rule}"
                self.assertTrue(
                    any(text.startswith(start) for text in found),
                    (start, found),
                )

    def test_0r_without_a_checkpoint_interval(self) -> None:
        text = samples.paper().replace("MR-AA", "0R")
        for line in ("num_backups: 3", "cooldown: 250 ms"):
            text = text.replace(f"          {line}\n", "")
        (policy,) = reader.read(text.encode()).policies
        self.assertFalse(policy.stateful)

    def test_lines_are_those_of_the_paper_form(self) -> None:
        text = samples.paper().replace("MR-AA", "0R")
        found = self.problems(text)
        self.assertEqual(2, len(found), str(found))
        self.assertTrue(
            found[0].startswith("descriptor.yaml:12: VNF_resiliency.num_"),
            found[0],
        )
        self.assertTrue(
            found[1].startswith("descriptor.yaml:13: VNF_resiliency.cool"),
            found[1],
        )

    def test_what_the_block_may_not_hold(self) -> None:
        for old, new, rule in (
            ("vnf_level:", "vm_level:", "vm_level: is not yet supported"),
            ("cooldown:", "warmup:", "resiliency.warmup: is unknown"),
            (
                "vnf_level:\n            type: MR-AA",
                "vnf_level: MR-AA",
                "must be a map with the key type alone",
            ),
            ("type: MR-AA", "type: 2R", "redundancy: must be one of"),
            ("type: container", "type: balloon", "balloon"),
            ("mem_size: 512", "memory: 512", "memory"),
            (
                "num_cpus: 4",
                "num_cpus: 4\n          num_cpus: 5",
                "num_cpus: is there twice",
            ),
        ):
            with self.subTest(new=new):
                text = samples.paper()
                self.assertIn(old, text)
                found = self.problems(text.replace(old, new))
                self.assertIn(rule, str(found))

    def test_a_block_that_is_no_map(self) -> None:
        text = samples.paper()
        start = text.index("resiliency:")
        found = self.problems(text[:start] + "resiliency: 3\n")
        self.assertEqual(
            ["descriptor.yaml:11: resiliency: must be a map"], found
        )

    def test_other_descriptors_are_left_alone(self) -> None:
        text = (samples.FIXTURES / "plain.yaml").read_text()
        self.assertEqual(yaml.safe_load(text), self.converted(text))
