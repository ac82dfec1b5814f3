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

from __future__ import annotations

import builtins
import contextlib
import pathlib
import socket
import threading
import time
from typing import Any

from oslo_config import cfg

from benchmarks.bed import listener
from nham import conf as conf_
from nham.adapters.agents import link
from nham.agent import check
from nham.agent import service
from nham.agent import watchdog
from nham.agent.hypervisor import fake
from nham.agent.hypervisor import guest_agents
from nham.core.agent import door
from nham.core.agent import errands
from nham.core.agent import messages
from nham.core.agent import wire
from nham.tests import base
from nham.tests.unit.agent import guest

SECRET = "a1" * 32
PATIENCE = 20.0


class Case(base.TestCase):
    """A configuration that is right, and changes to it."""

    def setUp(self) -> None:
        super().setUp()
        self.folder = self.temp_dir()
        self.keys = self.folder / "agent.keys"
        self.keys.write_text(f"k1 {SECRET}\n")
        self.keys.chmod(0o600)
        for name in ("run", "state"):
            (self.folder / name).mkdir()
        # Nothing that runs on this machine is looked at.
        self.replace("nham.agent.processes.PROC", str(self.folder / "run"))

    def conf(self, **changes: str) -> cfg.ConfigOpts:
        """Return the configuration with other values of [agent_host]."""
        values = {
            "engines": "127.0.0.1:9",
            "bind_address": "127.0.0.1",
            "run_dir": str(self.folder / "run"),
            "state_dir": str(self.folder / "state"),
            **changes,
        }
        lines = "\n".join(f"{name} = {one}" for name, one in values.items())
        path: pathlib.Path = self.folder / "nham.conf"
        path.write_text(
            f"[DEFAULT]\nhost = cmp1\n[agent]\nkeys_file = {self.keys}\n"
            f"[agent_host]\n{lines}\n"
        )
        return conf_.load([], [str(path)])

    def use_fake(self) -> fake.FakeHypervisor:
        """Have the agent work on a hypervisor of the test's."""
        made = fake.FakeHypervisor()
        self.replace("nham.agent.service.hypervisor", return_value=made)
        return made


class SettingsTest(Case):
    """What is wrong is said with the option's name."""

    def test_what_the_file_says(self) -> None:
        found = service.settings(self.conf(engines="a:1, b:2, a:1"))
        self.assertEqual(
            ("cmp1", ("a:1", "b:2"), 0.1, 0.5),
            (found.host, found.engines, found.interval, found.patience),
        )
        self.assertNotIn(SECRET, repr(found))

    def test_each_life_has_another_name(self) -> None:
        conf = self.conf()
        self.assertNotEqual(
            service.settings(conf).boot, service.settings(conf).boot
        )

    def test_the_door(self) -> None:
        self.assertEqual("", service.settings(self.conf()).door)
        found = service.settings(self.conf(door="10.0.0.21:9897"))
        self.assertEqual("10.0.0.21:9897", found.door)
        self._assert_wrong("[agent_host] door", door="cmp1:9897")

    def test_wrong_engines(self) -> None:
        for text in ("", "ctl1"):
            self._assert_wrong("[agent_host] engines", engines=text)

    def test_keys_that_everybody_may_read(self) -> None:
        self.keys.chmod(0o644)
        self._assert_wrong("[agent] keys_file")

    def _assert_wrong(self, option: str, **changes: str) -> None:
        error = self.assertRaises(
            service.Wrong, service.settings, self.conf(**changes)
        )
        self.assertIn(option, str(error))

    def test_the_watchdog(self) -> None:
        self.assertIsInstance(
            service.watchdog(self.conf()), watchdog.NoWatchdog
        )
        self.assertIsInstance(
            service.watchdog(self.conf(watchdog="/dev/watchdog")),
            watchdog.DeviceWatchdog,
        )

    def test_no_library(self) -> None:
        real = builtins.__import__

        def without(name: str, *args: Any, **kwargs: Any) -> Any:
            if name == "libvirt":
                raise ImportError(name)
            return real(name, *args, **kwargs)

        self.replace("builtins.__import__", without)
        error = self.assertRaises(
            service.Wrong, service.hypervisor, self.conf()
        )
        self.assertIn("libvirt-python", str(error))


class ServiceTest(Case):
    """The whole of it."""

    def test_it_is_heard_and_ends(self) -> None:
        self.use_fake()
        ring = wire.keys_of({"k1": SECRET})
        engine = listener.Listener(frozenset({"cmp1"}), ring)
        engine.start()
        self.addCleanup(engine.stop)
        one = service.Service(self.conf(engines=engine.where))
        thread = threading.Thread(target=one.run)
        thread.start()
        engine.heard.get(timeout=PATIENCE)
        one.stop()
        thread.join(PATIENCE)
        self.assertFalse(thread.is_alive())

    def test_a_door_that_engines_are_told_of(self) -> None:
        self.use_fake()
        self.replace(
            "nham.agent.service.guest_agents",
            return_value=guest.FakeGuestAgents(),
        )
        engine = listener.Listener(
            frozenset({"cmp1"}), wire.keys_of({"k1": SECRET})
        )
        engine.start()
        self.addCleanup(engine.stop)
        with socket.create_server(("127.0.0.1", 0)) as free:
            where = f"127.0.0.1:{free.getsockname()[1]}"
        one = service.Service(self.conf(engines=engine.where, door=where))
        thread = threading.Thread(target=one.run)
        thread.start()
        _at, heard = engine.heard.get(timeout=PATIENCE)
        assert isinstance(heard, messages.Heartbeat)
        self.assertEqual(where, heard.door)
        socket.create_connection(door.place(where)).close()
        one.stop()
        thread.join(PATIENCE)
        self.assertRaises(OSError, socket.create_connection, door.place(where))

    def test_a_hypervisor_that_hangs_holds_up_no_heartbeat(self) -> None:
        self.use_fake()
        hung = HungGuestAgents()
        self.replace("nham.agent.service.guest_agents", return_value=hung)
        ring = wire.keys_of({"k1": SECRET})
        engine = listener.Listener(frozenset({"cmp1"}), ring)
        engine.start()
        self.addCleanup(engine.stop)
        with socket.create_server(("127.0.0.1", 0)) as free:
            where = f"127.0.0.1:{free.getsockname()[1]}"
        one = service.Service(self.conf(engines=engine.where, door=where))
        thread = threading.Thread(target=one.run)
        thread.start()
        self.addCleanup(thread.join, PATIENCE)
        self.addCleanup(one.stop)
        self.addCleanup(hung.go_on.set)
        _at, heard = engine.heard.get(timeout=PATIENCE)
        assert isinstance(heard, messages.Heartbeat)
        with socket.create_connection(door.place(where)) as sock:
            talk = link.Link(sock, time.monotonic() + PATIENCE)
            talk.greet(ring)
            errand = errands.Errand(
                host="cmp1",
                boot=heard.boot,
                server_id="s",
                command=("/a",),
                timeout=PATIENCE,
            )
            talk.say_errand(errand, b"")
            self.assertTrue(hung.hangs.wait(PATIENCE))
            while not engine.heard.empty():
                engine.heard.get()
            for _beat in range(3):
                engine.heard.get(timeout=PATIENCE)

    def test_a_door_that_cannot_be_had(self) -> None:
        self.use_fake()
        self.replace(
            "nham.agent.service.guest_agents",
            return_value=guest.FakeGuestAgents(),
        )
        error = self.assertRaises(
            service.Wrong, service.Service, self.conf(door="192.0.2.1:9897")
        )
        self.assertIn("[agent_host] door", str(error))

    def test_what_it_needs_and_does_not_have(self) -> None:
        self.use_fake()
        (self.folder / "state" / "duty.json").write_text("{")
        error = self.assertRaises(service.Wrong, service.Service, self.conf())
        self.assertIn("duty.json", str(error))
        conf = self.conf(bind_address="192.0.2.1", state_dir=str(self.keys))
        for make in (service.bind, service.promises):
            self.assertRaises(service.Wrong, make, conf)


class HungGuestAgents(guest_agents.GuestAgents):
    """What a libvirtd that hangs lets one reach.

    :ivar hangs: somebody waits for it.
    :ivar go_on: ends the wait.
    """

    def __init__(self) -> None:
        self.hangs, self.go_on = threading.Event(), threading.Event()

    def reach(
        self, server_id: str
    ) -> contextlib.AbstractContextManager[guest_agents.Ask]:
        """See base class."""
        self.hangs.set()
        self.go_on.wait()
        raise guest_agents.Trouble(errands.Outcome.HYPERVISOR, "it hung")


class CheckTest(Case):
    """``nham-agent --check``."""

    def _problems(self, conf: cfg.ConfigOpts, said: str = "") -> list[str]:
        return [
            f"{one.what}: {one.problem}"
            for one in check.run(conf, lambda conf: said)
            if one.problem and one.fatal
        ]

    def test_all_is_well(self) -> None:
        self.assertEqual([], self._problems(self.conf()))

    def test_each_problem_names_its_option(self) -> None:
        (self.folder / "state" / "duty.json").write_text("{")
        none = str(self.folder / "none")
        for option, changes in {
            "[agent_host] engines": {"engines": "ctl1"},
            "[agent_host] run_dir": {"run_dir": none},
            "[agent_host] state_dir": {},
            "[agent_host] watchdog": {"watchdog": none},
        }.items():
            found = self._problems(self.conf(**changes))
            self.assertIn(option, " ".join(found))
        self.assertEqual([], self._problems(self.conf(state_dir=none)))
        found = self._problems(self.conf(state_dir=f"{none}/state"))
        self.assertIn("is no directory", " ".join(found))

    def test_what_the_hypervisor_says(self) -> None:
        found = self._problems(self.conf(), "no libvirtd")
        self.assertEqual(["hypervisor: no libvirtd"], found)

    def test_it_arms_and_makes_nothing(self) -> None:
        device = self.folder / "watchdog"
        device.touch()
        self._problems(self.conf(watchdog=str(device)))
        self.assertEqual(b"", device.read_bytes())
        self.assertEqual([], list((self.folder / "state").iterdir()))

    def test_an_engine_that_is_not_found_stops_nobody(self) -> None:
        self.replace("socket.getaddrinfo", side_effect=OSError("no name"))
        notes = [
            one
            for one in check.run(self.conf(engines="ctl1:1"), lambda conf: "")
            if one.what == "engines' names"
        ]
        self.assertEqual(["ctl1:1: no name"], [one.problem for one in notes])
        self.assertEqual([False], [one.fatal for one in notes])
