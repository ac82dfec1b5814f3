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


"""The tags of NHAM's own servers."""

from nham.adapters.vim import tags
from nham.core import model
from nham.core import states
from nham.tests import base


class TestTags(base.TestCase):
    def test_of_a_member(self) -> None:
        member = model.Member(
            id="m", group_id="g", server_id="s", role=states.Role.STANDBY
        )
        self.assertEqual(
            (
                "nham",
                "nham-vnf-v",
                "nham-group-g",
                "nham-member-m",
                "nham-role-standby",
            ),
            tags.of_member("v", member),
        )

    def test_nova_takes_each(self) -> None:
        """It refuses tags of over 60 characters, with a comma or slash."""
        one = "4f0c6e1a-b7d9-4c35-8c2d-5b7e4c603f1c"
        for role in states.Role:
            member = model.Member(
                id=one, group_id=one, server_id=one, role=role
            )
            for tag in tags.of_member(one, member):
                self.assertRegex(tag, r"\A[^,/]{1,60}\Z")

    def test_others_are_kept(self) -> None:
        self.assertEqual(
            ("mine", "nhamster", "nham", "nham-role-b"),
            tags.renewed(
                ("mine", "nham", "nham-role-a", "nhamster"),
                ("nham", "nham-role-b"),
            ),
        )
