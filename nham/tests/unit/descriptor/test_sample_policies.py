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

"""The policies of the sample VNF are right."""

import pathlib
import textwrap

from nham.core import descriptor
from nham.descriptor import files
from nham.descriptor import reader
from nham.tests import base
from nham.tests.unit.descriptor import samples

#: What `testcloud csar build` puts in for the marks of the files.
_MARKS = {
    "@IMAGE_SHA256@": "a" * 64,
    "@IMAGE@": "nham-vnf",
    "@VNFD_ID@": "6f1d0f2e-4a57-5d0c-9d5e-4e48414d0001",
    "@NAME@": "sample",
}
_SAMPLE = pathlib.Path(__file__).parents[4] / "samples" / "vnf"


class TestSamplePolicies(base.TestCase):
    def setUp(self) -> None:
        super().setUp()
        if not _SAMPLE.exists():
            self.skipTest("the samples are not beside the installed package")

    def read(
        self, policy: str, flavour: str = "image"
    ) -> descriptor.ResiliencyPolicy:
        """Return the policy of a package of the sample VNF."""
        texts = {
            f"Definitions/{path.name}": path.read_text()
            for path in (_SAMPLE / "Definitions").iterdir()
            if "_df_" not in path.name
        }
        name = f"nham_sample_df_{flavour}.yaml"
        policies = (_SAMPLE / "policies" / policy).read_text()
        text = (_SAMPLE / "Definitions" / name).read_text()
        self.assertIn("# @POLICIES@\n", text)
        texts["Definitions/nham_sample_df_simple.yaml"] = text.replace(
            "# @POLICIES@\n", textwrap.indent(policies, "    ")
        )
        texts[samples.TYPES] = files.types_text()
        meta = "TOSCA-Metadata/TOSCA.meta"
        texts[meta] = (_SAMPLE / meta).read_text()
        for mark, value in _MARKS.items():
            texts = {
                path: text.replace(mark, value) for path, text in texts.items()
            }
        (found,) = reader.read(samples.zipped(texts)).policies
        return found

    def test_each_file_is_read(self) -> None:
        names = {path.name for path in (_SAMPLE / "policies").iterdir()}
        for name in sorted(names):
            with self.subTest(name=name):
                flavour = "volume" if "volume" in name else "image"
                policy = self.read(name, flavour)
                self.assertEqual("VDU1_resiliency", policy.name)
        self.assertLess({"1r-as.yaml", "1r-aa.yaml"}, names)

    def test_a_cold_standby(self) -> None:
        self.assertEqual("cold", self.read("1r-as-cold.yaml").standby)

    def test_a_standby_whose_disk_holds_the_state(self) -> None:
        for flavour in ("image", "volume"):
            policy = self.read(f"1r-as-{flavour}.yaml", flavour)
            self.assertEqual(descriptor.Mechanism.ONE_R_AS, policy.redundancy)
            self.assertTrue(policy.on_disk)
            self.assertEqual(120.0, policy.refresh_interval)

    def test_a_standby_that_is_fed_by_a_hook(self) -> None:
        for name, mechanism in (
            ("1r-as.yaml", descriptor.Mechanism.ONE_R_AS),
            ("1r-aa.yaml", descriptor.Mechanism.ONE_R_AA),
        ):
            policy = self.read(name)
            self.assertEqual(mechanism, policy.redundancy)
            self.assertEqual(1, policy.num_backups)
            self.assertEqual("floating_ip", policy.service_address.driver)
            self.assertEqual(
                descriptor.Hook(port=8081, token="sample-vnf"),
                policy.state_protection.hook,
            )
