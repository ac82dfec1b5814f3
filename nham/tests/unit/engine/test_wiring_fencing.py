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

"""Tests of which fencing, and which agents, an engine is given."""

from __future__ import annotations

import socket
from typing import Any

from stevedore import exception as stevedore_errors

from nham.adapters import errors
from nham.adapters.agents import none
from nham.adapters.agents import udp
from nham.adapters.fencing import agent
from nham.adapters.fencing import bounded
from nham.adapters.fencing import command
from nham.adapters.fencing import lease
from nham.adapters.fencing import member_agent
from nham.adapters.fencing import noop
from nham.core.agent import terms
from nham.engine import wiring
from nham.tests.unit.engine import wiring_case


class TestFencing(wiring_case.WiringCase):
    """Who cuts off what failed, and who listens to the agents."""

    def test_fencing_in_the_order_of_the_file(self) -> None:
        self.configure(
            "[fencing]\nhost_drivers = noop, command\n"
            "[fencing_command]\noff = off {host}\n"
            "status = status {host}\nhosts = one\n"
        )
        context = self.engine().context
        first, second = context.fencing
        assert isinstance(first, bounded.BoundedFencing)
        assert isinstance(second, bounded.BoundedFencing)
        self.assertIsInstance(first.driver, noop.NoopFencing)
        self.assertIsInstance(second.driver, command.CommandFencing)
        self.assertTrue(second.can_fence("one"))
        self.assertFalse(second.can_fence("two"))

    def test_fencing_by_bmcs(self) -> None:
        path = self.temp_dir() / "machines"
        path.write_text(
            "one: {address: 'http://bmc', username: u, password: p}\n"
        )
        path.chmod(0o600)
        self.configure(
            "[fencing]\nhost_drivers = redfish, ipmi\n"
            f"[fencing_redfish]\nmachines = {path}\n"
            f"[fencing_ipmi]\nmachines = {path}\n"
        )
        for one in self.engine().context.fencing:
            self.assertTrue(one.can_fence("one"))
            self.assertFalse(one.can_fence("two"))

    def test_fencing_by_bmcs_that_no_file_tells_of(self) -> None:
        for name in ("redfish", "ipmi"):
            self.configure(f"[fencing]\nhost_drivers = {name}\n")
            error = self.assertRaises(errors.Refused, self.engine)
            self.assertEqual(
                f"[fencing_{name}] machines is not set", str(error)
            )

    def test_fencing_of_members(self) -> None:
        context = self.engine().context
        self.assertEqual(
            ["port"], [one.name for one in context.member_fencing]
        )
        self.assertEqual(20.0, context.fencing_patience)
        self.configure(
            "[fencing]\nmember_drivers = nova, port\npatience = 7\n"
        )
        context = self.engine().context
        self.assertEqual(
            ["nova", "port"], [one.name for one in context.member_fencing]
        )
        self.assertEqual(7.0, context.fencing_patience)

    def agents(self, more: str = "", key: str = "ab" * 32) -> None:
        """Configure agents that are listened to at any port that is free."""
        keys = self.temp_dir() / "keys"
        keys.write_text(f"k {key}")
        keys.chmod(0o600)
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        self.configure(
            f"[agent]\nbind_host = 127.0.0.1\nbind_port = {port}\n"
            f"keys_file = {keys}\n{more}"
        )

    def load_from_here(self, **own: Any) -> None:
        """Load these drivers, as an older installation lacks them."""
        load = wiring._load

        def from_here(namespace: str, name: str, *args: Any) -> Any:
            made = own.get(name)
            return made(*args) if made else load(namespace, name, *args)

        self.replace("nham.engine.wiring._load", from_here)

    def test_no_agents_by_default(self) -> None:
        self.assertIsInstance(self.engine().context.agents, none.NoAgents)

    def test_agents(self) -> None:
        self.agents(
            "lease = 20\nheartbeat_interval = 0.2\nmisses = 4\n"
            "drift = 0.02\nstop_allowance = 7\nneed_watchdog = false\n"
            "[fencing]\nhost_drivers = agent, lease\n"
        )
        self.load_from_here(agent=agent.AgentFencing, lease=lease.LeaseFencing)
        context = self.engine().context
        self.addCleanup(context.agents.close)
        self.assertIsInstance(context.agents, udp.UdpAgents)
        self.assertEqual(
            terms.Terms(
                interval=0.2,
                misses=4,
                lease=20.0,
                drift=0.02,
                stop=7.0,
                need_watchdog=False,
            ),
            context.agents.terms,
        )
        self.assertEqual(
            ["agent", "lease"], [one.name for one in context.fencing]
        )

    def test_members_are_cut_off_by_agents(self) -> None:
        self.agents("[fencing]\nmember_drivers = agent, port\n")
        self.load_from_here(agent=member_agent.AgentMemberFencing)
        context = self.engine().context
        self.addCleanup(context.agents.close)
        first, second = context.member_fencing
        self.assertIsInstance(first, member_agent.AgentMemberFencing)
        self.assertEqual("port", second.name)

    def test_members_that_are_cut_off_by_nothing_that_lasts(self) -> None:
        self.agents("[fencing]\nmember_drivers = agent\n")
        self.load_from_here(agent=member_agent.AgentMemberFencing)
        error = self.assertRaises(errors.Refused, self.engine)
        self.assertEqual(
            "[fencing] member_drivers: what agent proves does not last; "
            "name port, too, after it",
            str(error),
        )

    def test_keys_that_are_too_short(self) -> None:
        self.agents(key="ab")
        error = self.assertRaises(errors.Refused, self.engine)
        self.assertIn("fewer than 32", str(error))

    def test_fencing_by_agents_that_nobody_hears(self) -> None:
        for name in wiring.AGENTS_FENCE:
            self.configure(f"[fencing]\nhost_drivers = {name}\n")
            error = self.assertRaises(errors.Refused, self.engine)
            self.assertIn("bind_port", str(error))
        self.configure("[fencing]\nmember_drivers = agent, port\n")
        error = self.assertRaises(errors.Refused, self.engine)
        self.assertIn("member_drivers: agent needs the agents", str(error))

    def test_fencing_that_nobody_brings(self) -> None:
        self.configure("[fencing]\nhost_drivers = magic\n")
        error = self.assertRaises(stevedore_errors.NoMatches, self.engine)
        self.assertIn("magic", str(error))
