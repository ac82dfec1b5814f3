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

"""Which of a project's things a simulated spreader takes."""

from __future__ import annotations

from nham.adapters import errors
from nham.adapters.simulated import routers
from nham.adapters.simulated import spreading
from nham.tests import base


class TheOneTest(base.TestCase):
    """Two projects have routers of the same names."""

    def find(self, wanted: str) -> str:
        """Return the id of the router that is found for ``ours``."""
        known = [
            routers.Router(id="1", name="edge", project_id="ours"),
            routers.Router(id="2", name="twin", project_id="ours"),
            routers.Router(id="3", name="twin", project_id="ours"),
            routers.Router(id="4", name="edge", project_id="theirs"),
        ]
        return spreading.the_one("router", known, wanted, "ours").id

    def test_by_its_id_or_its_name(self) -> None:
        self.assertEqual("2", self.find("2"))
        self.assertEqual("1", self.find("edge"))

    def test_none(self) -> None:
        for wanted in ("4", "core"):
            error = self.assertRaises(errors.NotFound, self.find, wanted)
            self.assertEqual(f"ours has no router {wanted}", str(error))

    def test_two_of_a_name(self) -> None:
        error = self.assertRaises(errors.Refused, self.find, "twin")
        self.assertEqual("ours has two routers twin", str(error))
