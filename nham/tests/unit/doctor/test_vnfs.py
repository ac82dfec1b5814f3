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


"""The checks of the protected VNFs."""

from __future__ import annotations

import dataclasses

from nham.core import descriptor
from nham.core import model
from nham.core import states
from nham.tests.unit.doctor import base
from nham.tests.unit.engine import replica_case


class VnfTest(base.DoctorCase):
    """A VNF with a standby."""

    def setUp(self) -> None:
        super().setUp()
        self.add_vnf(replica_case.POLICY)

    def change(self, member_id: str, **fields: object) -> None:
        """Change a member's record."""
        [member] = [m for m in self.store.members() if m.id == member_id]
        changed: model.Member = dataclasses.replace(member, **fields)  # type: ignore[arg-type]
        self.store.save_member(changed)

    def test_nothing_is_wrong(self) -> None:
        for name in ("protection", "redundancy", "hosts", "ports"):
            self.assertEqual([], self.trouble(name), name)

    def test_healers(self) -> None:
        answers = self.scripts["nova"].answers
        for role in ("primary", "standby"):
            answers[f"/servers/server-{role}"] = {
                "server": {"name": role, "metadata": {}}
            }
        self.assertEqual([], self.trouble("healers"))
        answers["/servers/server-standby"]["server"]["metadata"] = {
            "HA_Enabled": "True"
        }
        [first] = self.found("healers")
        self.assertIn("masakari heals server standby", first.text)
        self.assertIn("stops protecting", first.advice)
        self.set("guards", "tolerated_healers", ["masakari"])
        [first] = self.found("healers")
        self.assertIn("tolerated", first.advice)

    def test_states(self) -> None:
        self.store.set_vnf_state("v", states.VnfState.WAITING, "no host")
        [(_level, text)] = self.trouble("protection")
        self.assertEqual("It is waiting: no host.", text)
        self.store.set_paused("v", True)
        [(_level, text)] = self.trouble("protection")
        self.assertIn("paused", text)

    def test_traps_of_its_driver(self) -> None:
        traps = descriptor.DRIVERS["floating_ip"].traps
        self.assertEqual(
            [("warning", f"floating_ip: {trap}") for trap in traps],
            self.trouble("traps"),
        )
        [first, *_rest] = self.found("traps")
        self.assertEqual("web VDU1-0", first.about)

    def test_two_on_one_host(self) -> None:
        self.change("standby", host="one")
        [(level, text)] = self.trouble("hosts")
        self.assertEqual("warning", level)
        self.assertIn("2 of its members are on one", text)
        self.change("standby", role=states.Role.FAILED)
        self.assertEqual([], self.trouble("hosts"))

    def test_standby_is_missing(self) -> None:
        for role in (states.Role.JOINING, states.Role.FAILED):
            self.change("standby", role=role)
            [(level, _text)] = self.trouble("redundancy")
            self.assertEqual("warning", level)

    def test_port_without_security(self) -> None:
        port = {"id": "p1", "port_security_enabled": False}
        self.scripts["neutron"].answers["/ports"] = {"ports": [port]}
        found = self.trouble("ports")
        self.assertEqual(2, len(found))
        self.assertIn("p1", found[0][1])
