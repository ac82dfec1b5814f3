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


from importlib import metadata

from nham.tests import base


class TestEntryPoints(base.TestCase):
    """What setup.cfg promises to others must exist."""

    def test_each_can_be_loaded(self) -> None:
        broken = []
        for entry in metadata.distribution("nham").entry_points:
            try:
                entry.load()
            except (ImportError, AttributeError) as error:
                broken.append(f"{entry.group}: {entry.name}: {error}")
        self.assertEqual([], broken)
