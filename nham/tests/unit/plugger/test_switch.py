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

"""What is said to Open vSwitch."""

from __future__ import annotations

from nham.plugger import switch
from nham.tests import base

PORT = "6f1a0a52-9d0e-4a3b-8f3e-2b7c5d9e1f00"


class OpenVSwitchTest(base.TestCase):
    """``ovs-vsctl`` by its words."""

    def setUp(self) -> None:
        super().setUp()
        self.run_ = self.replace("nham.plugger.commands.run")
        self.switch = switch.OpenVSwitch("unix:/db.sock", "br-int")

    def said(self) -> tuple[str, ...]:
        """Return the words of the last call."""
        words: tuple[str, ...] = self.run_.call_args.args
        self.assertEqual(
            ("ovs-vsctl", "--db=unix:/db.sock", "--timeout=8"), words[:3]
        )
        return words[3:]

    def test_attach(self) -> None:
        self.switch.attach("nhp1", PORT, "fa:16:3e:00:00:07")
        self.assertEqual(
            (
                *("--may-exist", "add-port", "br-int", "nhp1", "--"),
                *("set", "interface", "nhp1", "type=internal"),
                f"external_ids:iface-id={PORT}",
                'external_ids:attached-mac="fa:16:3e:00:00:07"',
                "external_ids:iface-status=active",
                "external_ids:nham=probe",
            ),
            self.said(),
        )

    def test_detach(self) -> None:
        self.switch.detach("nhp1")
        self.assertEqual(
            ("--if-exists", "del-port", "br-int", "nhp1"), self.said()
        )

    def test_the_name_that_neutron_knows(self) -> None:
        self.run_.return_value = '"cmp1.example"\n'
        self.assertEqual("cmp1.example", self.switch.host())
        self.assertIn("external_ids:hostname", self.said())

    def test_a_switch_without_a_name(self) -> None:
        self.run_.return_value = "\n"
        self.replace("socket.gethostname", return_value="cmp2")
        self.assertEqual("cmp2", self.switch.host())
