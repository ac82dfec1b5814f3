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

"""Probe ports come and go as policies ask for them."""

from __future__ import annotations

import dataclasses

from nham.adapters import errors
from nham.adapters.probes import base as probes
from nham.adapters.simulated import plugger
from nham.core import descriptor
from nham.core import facts
from nham.core import states
from nham.engine import housekeeping
from nham.engine import probe_ports
from nham.engine import settings
from nham.recovery import context
from nham.tests.unit.engine import base

POLICY = dataclasses.replace(
    base.POLICY,
    detection=descriptor.Detection(
        initial_timeout=0.5,
        min_timeout=0.5,
        boot_timeout=20.0,
        probe_from="port",
    ),
)


class ProbePortsCase(base.EngineCase):
    """A VNF whose members are asked from a port, and an engine on ``one``."""

    settings = settings.Settings(host="ctl", orphan_grace=300.0)

    def setUp(self) -> None:
        super().setUp()
        self.add_vnf(hosts=("one", "two"), policy=POLICY)
        self.plugger = plugger.SimulatedPlugger("one")
        self.ports = self.make_ports(self.plugger)
        self.keeper = housekeeping.Housekeeper(
            self.context,
            self.watch,
            self.cloud,
            self.journal,
            self.settings,
            base.OWNER,
            self.started.append,
            lambda server_id, ip: self.ports.origin(server_id, ip),
        )
        self.cloud.poll()

    def make_ports(
        self, by: plugger.SimulatedPlugger | None
    ) -> probe_ports.ProbePorts:
        """Return what an engine keeps its ports by."""
        return probe_ports.ProbePorts(
            self.context, self.cloud, self.journal, self.settings, by
        )

    def care(self, seconds: float = 1.0) -> bool:
        """Let a turn pass; say whether others serve now."""
        changed = self.ports.care(self.fleet)
        self.keeper.watch_members(self.fleet)
        self.look(seconds)
        return changed

    def origin(self, group_id: str = "v/0") -> probes.Origin | None:
        """Return from where a member is asked."""
        server = self.vim.server(self.server_id(group_id))
        [fixed] = [o.ip for o in server.addresses if o.kind == "fixed"]
        return self.ports.origin(server.id, fixed)

    def found(self) -> list[str]:
        """Return the probe ports that Neutron has."""
        return [one.id for one in self.vim.probe_ports()]

    def unplugged(self) -> bool:
        """Say whether nothing is plugged."""
        return not self.plugger.standing().lives


class ComingTest(ProbePortsCase):
    """They are made, found again, and asked from."""

    def test_one_port_for_all_members_on_a_network(self) -> None:
        self.assertTrue(self.care())
        [port] = self.vim.probe_ports()
        self.assertEqual(("one", "ctl"), (port.host, port.engine_host))
        origin = probes.Origin(port.id, "1")
        self.assertEqual(origin, self.origin("v/0"))
        self.assertEqual(origin, self.origin("v/1"))
        for _turn in range(3):
            self.assertFalse(self.care())
        self.assertEqual(1, self.calls("create_probe_port"))

    def test_members_are_asked_from_it(self) -> None:
        self.keeper.watch_members(self.fleet)
        self.assertFalse(self.watch.view("v/0").probed)
        self.care(3.0)
        view = self.watch.view("v/0")
        self.assertIs(facts.Health.OK, view.app)
        self.assertIs(facts.Health.OK, view.icmp)

    def test_who_is_not_asked(self) -> None:
        self.care()
        member = self.entry("v/0").member
        server = self.vim.server(member.server_id)
        for role, parked, status, asked in (
            (states.Role.PRIMARY, False, "SHUTOFF", True),
            (states.Role.PRIMARY, True, "SHUTOFF", False),
            (states.Role.FAILED, False, "ACTIVE", False),
        ):
            self.cloud.note(dataclasses.replace(server, status=status))
            self.store.save_member(
                dataclasses.replace(member, role=role, parked=parked)
            )
            self.keeper.watch_members(self.fleet)
            view = self.watch.view(context.subject(member))
            self.assertEqual(asked, view.probed, f"{role} {status}")

    def test_nobody_wants_any(self) -> None:
        self.store.delete_vnf("v")
        self.assertFalse(self.care())
        self.assertEqual(0, self.calls("probe_ports"))

    def test_an_engine_that_was_started_again_finds_it(self) -> None:
        self.care()
        before = self.origin()
        self.ports = self.make_ports(self.plugger)
        self.care()
        self.assertEqual(before, self.origin())
        self.assertEqual(1, self.calls("create_probe_port"))

    def test_of_two_that_were_made_at_once_one_stays(self) -> None:
        self.care()
        [port] = self.vim.probe_ports()
        self.vim.create_probe_port(port.network_id, "one", "ctl")
        for _turn in range(40):
            self.care()
        [left] = self.found()
        self.assertEqual([left], list(self.plugger.standing().lives))

    def test_without_a_plugger_it_is_said_once(self) -> None:
        self.ports = self.make_ports(None)
        for _turn in range(3):
            self.assertFalse(self.care())
        [event] = self.store.events()
        self.assertEqual(
            ("probe-port-missing", "v"), (event.kind, event.vnf_id)
        )
        self.assertIn("detection.probe_from: port", event.message)
        self.assertIn("[detection] plugger_socket", event.message)
        self.assertFalse(self.watch.view("v/0").probed)
        self.assertEqual([], self.found())

    def test_until_neutron_has_joined_it_nobody_is_asked(self) -> None:
        self.care()
        [port] = [
            one
            for one in self.world.neutron.ports.values()
            if one.probe is not None
        ]
        assert port.probe is not None
        port.probe = dataclasses.replace(port.probe, active=False)
        self.assertTrue(self.care())
        self.assertIsNone(self.origin())
        self.assertEqual([], self.kinds())
        for _turn in range(20):
            self.care()
        self.assertEqual(["probe-port-missing"], self.kinds())
        port.probe = dataclasses.replace(port.probe, active=True)
        self.assertTrue(self.care())
        self.assertEqual(
            ["probe-port-missing", "probe-port-back"], self.kinds()
        )

    def test_an_address_that_is_not_near(self) -> None:
        self.care()
        [port] = [
            one
            for one in self.world.neutron.ports.values()
            if one.probe is not None
        ]
        assert port.probe is not None
        port.probe = dataclasses.replace(
            port.probe, addresses=("198.51.100.1/24",)
        )
        self.care()
        self.assertIsNone(self.origin())


class TroubleTest(ProbePortsCase):
    """What does not answer, and what breaks."""

    def test_a_plugger_that_is_started_again_is_no_trouble(self) -> None:
        self.care()
        self.plugger.away = True
        self.assertFalse(self.care())
        self.plugger.away = False
        self.assertFalse(self.care())
        self.assertEqual([], self.kinds())

    def test_a_plugger_that_stays_away(self) -> None:
        self.care(3.0)
        self.plugger.away = True
        for _turn in range(5):
            self.care()
        self.assertEqual(["probe-port-missing"], self.kinds())
        view = self.watch.view("v/0")
        self.assertFalse(view.probed)
        self.assertIs(facts.Health.UNKNOWN, view.app)
        self.plugger.away = False
        self.care(3.0)
        self.assertEqual(
            ["probe-port-missing", "probe-port-back"], self.kinds()
        )
        self.assertIs(facts.Health.OK, self.watch.view("v/0").app)

    def test_what_broke_is_plugged_anew(self) -> None:
        self.care()
        before = self.origin()
        assert before is not None
        self.plugger.break_port(before.port)
        # Neutron may not have seen yet that it was gone.
        self.assertTrue(self.care())
        self.assertIsNone(self.origin())
        self.assertTrue(self.care())
        after = self.origin()
        assert after is not None
        self.assertEqual(before.port, after.port)
        self.assertNotEqual(before.life, after.life)

    def test_neutron_is_away(self) -> None:
        self.care()
        before = self.origin()
        self.world.api_down("neutron", 10.0)
        for _turn in range(3):
            self.assertFalse(self.care())
        self.clock.advance(10.0)
        self.assertEqual(before, self.origin())

    def test_a_port_that_cannot_be_made(self) -> None:
        self.replace(
            "nham.adapters.simulated.vim.SimulatedVim.create_probe_port",
            side_effect=errors.Refused("quota"),
        )
        for _turn in range(3):
            self.care()
        [event] = self.store.events()
        self.assertIn("quota", event.message)

    def test_a_port_that_somebody_deleted(self) -> None:
        self.care()
        before = self.origin()
        assert before is not None
        self.vim.delete_port(before.port)
        self.care()
        after = self.origin()
        assert after is not None
        self.assertNotEqual(before.port, after.port)


class GoingTest(ProbePortsCase):
    """They go when nobody asks for them, and with their engine."""

    def test_after_the_last_vnf(self) -> None:
        self.care()
        self.store.delete_vnf("v")
        self.assertTrue(self.care())
        self.assertEqual(1, len(self.found()))
        for _turn in range(32):
            self.care()
        self.assertEqual([], self.found())
        self.assertTrue(self.unplugged())

    def test_a_policy_that_comes_back_soon(self) -> None:
        self.care()
        fleet = self.fleet
        for _turn in range(10):
            self.ports.care(())
            self.clock.advance(1.0)
        self.ports.care(fleet)
        self.assertEqual(1, self.calls("create_probe_port"))

    def test_an_engine_that_leaves(self) -> None:
        self.care()
        self.ports.leave()
        self.assertEqual([], self.found())
        self.assertTrue(self.unplugged())
        self.assertIsNone(self.origin())

    def test_an_engine_that_leaves_without_a_plugger(self) -> None:
        self.plugger.away = True
        self.ports.leave()
        self.make_ports(None).leave()

    def test_ports_of_engines_that_are_gone(self) -> None:
        self.care()
        [port] = self.vim.probe_ports()
        for host in ("gone", "foreign"):
            self.vim.create_probe_port(port.network_id, "two", host)
        self.store.engine_beat("e-1", "gone", self.clock.now())
        self.store.engine_beat("e-2", "ctl", self.clock.now() + 400.0)
        self.ports.sweep()
        self.assertEqual(3, len(self.found()))
        self.clock.advance(301.0)
        self.ports.sweep()
        left = {one.engine_host for one in self.vim.probe_ports()}
        self.assertEqual({"ctl", "foreign"}, left)
        self.assertEqual(["orphan-removed"], self.kinds())

    def test_who_has_no_plugger_sweeps_nothing(self) -> None:
        self.make_ports(None).sweep()
        self.assertEqual(0, self.calls("probe_ports"))
