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


"""The hooks of a lab: who refuses a state keeps the one it has."""

from __future__ import annotations

from nham.adapters import errors
from nham.adapters.hooks import base as hooks_base
from nham.simulate import hooks
from nham.simulate import lab as lab_
from nham.tests import base


class LabHookTest(base.TestCase):
    """An application that takes in what it is given, or does not."""

    def setUp(self) -> None:
        super().setUp()
        self.lab = lab_.Lab()
        self.lab.world.add_host("cmp1")
        self.server_id = self.lab.world.add_server("one", "cmp1")
        self.endpoint = hooks_base.Endpoint(
            address=self.lab.world.address(self.server_id), port=8081
        )
        self.hook = hooks.LabHook(self.lab)

    def test_it_takes_a_state_in(self) -> None:
        self.hook.import_state(self.endpoint, b"5", "fw")
        self.assertEqual(b"5", self.lab.world.state(self.server_id))

    def test_it_refuses_and_keeps_what_it_has(self) -> None:
        self.lab.world.set_state(self.server_id, b"4")
        self.lab.refusing.add(self.server_id)
        self.assertRaises(
            errors.Refused,
            self.hook.import_state,
            self.endpoint,
            b"5",
            "fw",
        )
        self.assertEqual(b"4", self.lab.world.state(self.server_id))
        exported = self.hook.export_state(self.endpoint, 10)
        self.assertEqual(b"4", exported.data)
