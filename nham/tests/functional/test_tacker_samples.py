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

"""Every sample package of Tacker's v2 API takes a resiliency policy."""

from __future__ import annotations

from nham.descriptor import reader
from nham.tests import base
from nham.tests import tacker_samples

_POLICY = {
    "redundancy": "0R",
    "detection": {"poll_interval": "250 ms"},
    "probes": [{"type": "tcp", "port": 22}],
}


class TestTackerSamples(base.TestCase):
    """Skipped where Tacker's source distribution is not at hand."""

    def test_every_package(self) -> None:
        packages = tacker_samples.packages()
        self.assertGreater(len(packages), 10)
        for package in packages:
            vdus = tacker_samples.vdus_by_file(package)
            with self.subTest(vdus=vdus):
                protected = tacker_samples.protect(package, _POLICY)
                found = reader.read(tacker_samples.pack(protected))
                self.assertIsNotNone(found.vnfd_id)
                wanted = {name for names in vdus.values() for name in names}
                self.assertEqual(
                    wanted, {n for f in found.flavours for n in f.vdus}
                )
                for flavour in found.flavours:
                    targets = {
                        name
                        for policy in flavour.policies
                        for name in policy.targets
                    }
                    self.assertEqual(set(flavour.vdus), targets)
