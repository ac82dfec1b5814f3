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

"""The world as a whole: doors, probes, fences, and the same each time."""

from __future__ import annotations

from nham.adapters import errors
from nham.adapters.probes import base as probes
from nham.adapters.simulated import fencing
from nham.adapters.simulated import prober
from nham.adapters.simulated import world as simulated
from nham.tests.unit.adapters.simulated import base


def history(seed: int) -> list[tuple[str, str, float]]:
    """Return what a prober sees of a little drama."""
    world = simulated.World(seed=seed)
    world.add_host("one")
    server_id = world.add_server("vm", "one", world.add_image())
    world.loss = 0.1
    eyes = prober.SimulatedProber(world)
    eyes.set_targets(
        [probes.Target(key="a", kind="http", address=world.address(server_id))]
    )
    world.clock.advance(10)
    world.crash_app(server_id)
    world.clock.advance(10)
    return [(one.what, one.detail, one.at) for one in eyes.collect()]


class SeedTest(base.WorldCase):
    """Chance comes from the seed only."""

    def test_same_seed_same_history(self) -> None:
        self.assertEqual(history(3), history(3))
        self.assertNotEqual(history(3), history(4))


class StateTest(base.WorldCase):
    """Where an application keeps what clients write at an address."""

    def kept(self, on_disk: bool) -> tuple[int | None, int | None]:
        """Return what is read after a write, and after a restart."""
        server_id = self.world.add_server(
            "vnf", "one", self.world.add_image(), on_disk=on_disk
        )
        address = self.world.address(server_id)
        self.world.write_at(address, 7)
        before = self.world.read_at(address)
        self.vim.reboot(server_id, hard=True)
        self.clock.advance(20)
        return before, self.world.read_at(address)

    def test_in_memory_or_on_disk(self) -> None:
        self.assertEqual((7, 0), self.kept(on_disk=False))
        self.assertEqual((7, 7), self.kept(on_disk=True))


class GateTest(base.WorldCase):
    """Services that do not answer as they should."""

    def test_down_for_a_while(self) -> None:
        self.world.api_down("nova", 10)
        self.assertRaises(errors.Unavailable, self.vim.services)
        self.assertTrue(self.vnfm.vnfs())
        self.assertTrue(self.world.gates.is_down("nova"))
        self.assertFalse(self.world.gates.is_down("tacker"))
        self.clock.advance(10)
        self.assertFalse(self.world.gates.is_down("nova"))
        self.assertEqual(2, len(self.vim.services()))

    def test_error_once_before_and_after(self) -> None:
        for after, task in ((False, None), (True, "rebooting_hard")):
            self.world.api_error_once("nova", "reboot", after=after)
            self.assertRaises(
                errors.Unavailable,
                self.vim.reboot,
                self.image_backed,
                hard=True,
            )
            server = self.vim.server(self.image_backed)
            self.assertEqual(task, server.task_state)

    def test_slow_takes_time(self) -> None:
        before = self.clock.monotonic()
        self.world.api_slow("nova", 60, delay=4)
        self.vim.services()
        self.assertEqual(4, self.clock.monotonic() - before)

    def test_log_names_who_asked_for_what(self) -> None:
        self.vim.stop(self.image_backed)
        last = self.world.gates.log[-1]
        self.assertEqual(
            ("nova", "stop", self.image_backed, "nham"),
            (last.system, last.call, last.subject, last.user_id),
        )

    def test_only_known_systems(self) -> None:
        self.assertRaises(ValueError, self.world.api_down, "swift", 1)


class ProberTest(base.WorldCase):
    """What the wire says of each fault."""

    def setUp(self) -> None:
        super().setUp()
        self.prober = prober.SimulatedProber(self.world, "eye")
        self.addCleanup(self.prober.close)
        address = self.world.address(self.image_backed)
        targets = [
            probes.Target(key=kind, kind=kind, address=address, interval=0.5)
            for kind in ("icmp", "tcp", "http", "udp")
        ]
        host = self.world.physics.host("one").address
        targets.append(
            probes.Target(key="host", kind="icmp", address=host, interval=0.5)
        )
        self.prober.set_targets(targets)
        self.clock.advance(1)
        self.prober.collect()

    def seen(self) -> dict[str, str]:
        """Return the last word on each target within five seconds."""
        self.clock.advance(0.1)
        self.prober.collect()
        self.clock.advance(5)
        last: dict[str, str] = {}
        for one in self.prober.collect():
            if one.what != "sent":
                last[one.key] = one.detail or one.what
        return last

    def test_all_is_well(self) -> None:
        self.assertEqual(
            dict.fromkeys(("icmp", "tcp", "http", "udp", "host"), "good"),
            self.seen(),
        )
        self.assertEqual(0.0, self.prober.lag())

    def test_crashed_app_is_refused_at_once(self) -> None:
        self.world.crash_app(self.image_backed)
        self.assertEqual(
            {
                "icmp": "good",
                "host": "good",
                "tcp": "connection refused",
                "http": "connection refused",
                "udp": "port unreachable",
            },
            self.seen(),
        )
        self.world.mend_app(self.image_backed)
        self.assertEqual("good", self.seen()["http"])

    def test_silence(self) -> None:
        faults = {
            "hang_app": {"icmp", "host"},
            "hang_guest": {"host"},
        }
        for fault, answering in faults.items():
            getattr(self.world, fault)(self.image_backed)
            self.assertEqual(answering, set(self.seen()))
        self.world.partition_host("one")
        self.assertEqual({}, self.seen())

    def test_panic_comes_back_by_itself(self) -> None:
        self.world.panic_guest(self.image_backed)
        self.assertNotIn("icmp", self.seen())
        self.clock.advance(3)
        self.assertEqual("good", self.seen()["http"])
        self.assertEqual("ACTIVE", self.status(self.image_backed))

    def test_paused_by_its_user(self) -> None:
        self.world.user_pause(self.image_backed)
        self.assertEqual("PAUSED", self.status(self.image_backed))
        self.assertEqual({"host"}, set(self.seen()))
        self.world.user_unpause(self.image_backed)
        self.assertEqual("good", self.seen()["http"])

    def test_blind_observer(self) -> None:
        self.world.cut_observer("eye")
        self.assertEqual({}, self.seen())
        self.world.mend_observer("eye")
        self.assertEqual(5, len(self.seen()))

    def test_stalled_observer_knows_its_lag(self) -> None:
        self.world.stall_observer("eye", 3)
        self.clock.advance(2.9)
        self.assertEqual([], list(self.prober.collect()))
        self.clock.advance(1)
        self.assertGreater(self.prober.lag(), 2.0)
        self.clock.advance(11)
        self.assertEqual(0.0, self.prober.lag())


class FencingTest(base.WorldCase):
    """The simulated power switch."""

    def test_proof_comes_with_the_power_gone(self) -> None:
        driver = fencing.SimulatedFencing(self.world, seconds=3)
        self.world.partition_host("one")
        driver.fence("one")
        self.clock.advance(2.9)
        self.assertIsNone(driver.proof("one"))
        self.clock.advance(0.2)
        self.assertIn("off", driver.proof("one") or "")
        self.assertEqual([], list(self.world.physics.guests()))

    def test_without_means_or_broken(self) -> None:
        driver = fencing.SimulatedFencing(self.world)
        self.world.forbid_fence("one")
        self.world.break_fence("two")
        self.assertFalse(driver.can_fence("one"))
        self.assertRaises(errors.Refused, driver.fence, "one")
        driver.fence("two")
        self.clock.advance(10)
        self.assertIsNone(driver.proof("two"))
        self.assertTrue(self.world.physics.host("two").power)
