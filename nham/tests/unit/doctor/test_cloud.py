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


"""The checks of the cloud."""

from __future__ import annotations

import dataclasses

from nham.adapters.fencing import command
from nham.core import descriptor
from nham.tests.unit.doctor import base
from nham.tests.unit.engine import replica_case

SPREAD = dataclasses.replace(
    replica_case.POLICY,
    redundancy=descriptor.Mechanism.MR_AA,
    service_address=descriptor.ServiceAddress("octavia", "web", 80),
)


class ServicesTest(base.DoctorCase):
    def test_no_admin(self) -> None:
        self.roles = ["member"]
        [(level, text)] = self.trouble("keystone")
        self.assertEqual("error", level)
        self.assertIn("member", text)

    def test_nova_is_too_old(self) -> None:
        """2.100 is newer than 2.95."""
        for version, wrong in (("2.93", 1), ("2.95", 0), ("2.100", 0)):
            body = {"version": {"version": version}}
            self.scripts["nova"].answers["/"] = body
            self.assertEqual(wrong, len(self.trouble("nova")), version)

    def test_one_host(self) -> None:
        hosts = [base.service("one"), base.service("two", "down")]
        self.scripts["nova"].answers["/os-services"] = {"services": hosts}
        [(level, text)] = self.trouble("nova")
        self.assertEqual("warning", level)
        self.assertIn("1 of 2 hosts", text)

    def test_no_routers(self) -> None:
        self.scripts["neutron"].answers["/extensions"] = {"extensions": []}
        [(level, _text)] = self.trouble("neutron")
        self.assertEqual("warning", level)

    def test_octavia_is_asked_where_a_policy_needs_it(self) -> None:
        self.cut("octavia")
        self.assertEqual([], self.trouble("octavia"))
        self.scripts["octavia"].failure = None
        self.add_vnf(SPREAD)
        [(level, text)] = self.trouble("octavia")
        self.assertEqual("warning", level)
        self.assertIn("load-balancer_admin", text)
        self.roles.append("load-balancer_admin")
        self.assertEqual([], self.trouble("octavia"))

    def test_clock(self) -> None:
        for ahead, levels in (
            (0.0, []),
            (-4.0, ["warning"]),
            (4.0, ["warning"]),
            (60.0, ["error"]),
        ):
            self.tell_time(ahead)
            found = [level for level, _text in self.trouble("clock")]
            self.assertEqual(levels, found, str(ahead))


class FencingTest(base.DoctorCase):
    def command(self, status: str) -> None:
        """Let a command be the only means."""
        self.means = [command.CommandFencing("false {host}", status)]

    def test_only_the_status_is_asked(self) -> None:
        self.assertEqual([], self.trouble("fencing"))
        self.assertTrue(self.world.physics.host("one").power)

    def test_host_that_nothing_can_fence(self) -> None:
        self.world.no_fence.add("two")
        [(level, text)] = self.trouble("fencing")
        self.assertEqual("warning", level)
        self.assertIn("two", text)

    def test_no_means(self) -> None:
        self.means = []
        self.assertEqual(2, len(self.trouble("fencing")))

    def test_agents_speak_to_engines_only(self) -> None:
        self.means = []
        self.conf.set_override("host_drivers", ["lease"], group="fencing")
        self.assertEqual([], self.trouble("fencing"))

    def test_status_does_not_answer(self) -> None:
        for status in ("false {host}", "/nowhere {host}"):
            self.command(status)
            found = self.trouble("fencing")
            self.assertEqual(["error", "error"], [one[0] for one in found])

    def test_status_says_off_of_all(self) -> None:
        """The worst of all: it would prove what is not true."""
        self.command("echo off {host}")
        found = self.trouble("fencing")
        self.assertEqual(["error", "error"], [one[0] for one in found])
        self.assertIn("takes one for off", found[0][1])

    def test_order_of_the_means(self) -> None:
        self.means.append(
            command.CommandFencing(
                "false {host}", "echo on {host}", hosts=["two"]
            )
        )
        texts = [one.text for one in self.found("fencing")]
        self.assertIn("one can be fenced by: simulated.", texts)
        self.assertIn("two can be fenced by: simulated, command.", texts)
        self.assertIn("command sees that two is on.", texts)
        self.assertIn("Members are cut off by: port.", texts)

    def test_host_that_is_on_and_silent(self) -> None:
        hosts = [base.service("one", "down"), base.service("two")]
        self.scripts["nova"].answers["/os-services"] = {"services": hosts}
        self.assertEqual([], self.trouble("fencing"))
        self.assertIn(
            "simulated sees that one is on, though Nova does not use it.",
            [one.text for one in self.found("fencing")],
        )

    def test_means_for_members_that_need_a_live_host(self) -> None:
        for names, wrong in (
            (["nova"], 1),
            ([], 1),
            (["nova", "port"], 0),
            (["agent", "nova"], 1),
            (["theirs"], 0),
        ):
            self.set("fencing", "member_drivers", names)
            self.assertEqual(wrong, len(self.trouble("fencing")), str(names))

    def test_members_that_agents_could_cut_off(self) -> None:
        self.set("agent", "bind_port", 9898)
        for names, wrong in (
            (["port"], 1),
            (["port", "agent"], 1),
            (["agent", "port"], 0),
        ):
            self.set("fencing", "member_drivers", names)
            found = self.trouble("fencing")
            self.assertEqual(wrong, len(found), str(names))
            for level, text in found:
                self.assertEqual("warning", level)
                self.assertIn("listen to agents", text)

    def test_host_that_is_off(self) -> None:
        self.world.power_off_host("one")
        hosts = [base.service("one", "down"), base.service("two")]
        self.scripts["nova"].answers["/os-services"] = {"services": hosts}
        self.assertEqual([], self.trouble("fencing"))
