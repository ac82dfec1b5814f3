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

"""Tests of the engine as a process."""

from __future__ import annotations

from collections.abc import Callable
import socket
import threading
from typing import Any
from unittest import mock
from urllib import request

from nham import conf as nham_conf
from nham.adapters import errors
from nham.adapters.vnfm import base as vnfm_base
from nham.db import errors as db_errors
from nham.engine import engine
from nham.engine import service
from nham.engine import settings
from nham.rpc import client
from nham.tests import base

#: Nothing here takes so long; a test that waits for it has failed.
LONG = 20.0
LOOPS = (
    "beat",
    "poll",
    "look",
    "grant",
    "join",
    "checkpoint",
    "collect",
    "discover",
)
SETTINGS = settings.Settings(
    watch_interval=0.01,
    nova_poll_interval=0.01,
    checkpoint_tick=0.01,
    reconcile_interval=3600.0,
    runner_poll=0.01,
)


class Calls:
    """Calls of one loop: what each does, and how many there were."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self.count = 0
        self.what: list[Callable[[], object]] = []

    def __call__(self, *_args: object) -> object:
        """Do what the next call is to do; nothing, by default."""
        with self._changed:
            self.count += 1
            self._changed.notify_all()
            what = self.what.pop(0) if self.what else None
        return what() if what is not None else None

    def wait(self, count: int) -> bool:
        """Wait until there were so many calls; say whether there were."""
        with self._changed:
            return self._changed.wait_for(lambda: self.count >= count, LONG)


def raises(error: Exception) -> Callable[[], object]:
    """Return a call that raises."""
    return mock.Mock(side_effect=error)


class ServiceCase(base.TestCase):
    """A service whose engine does what the test says."""

    text = ""

    def setUp(self) -> None:
        super().setUp()
        self.replace("nham.engine.service._BREATH", 0.01)
        path = self.temp_dir() / "nham.conf"
        path.write_text(
            "[database]\nconnection = sqlite://\n"
            f"[recovery]\nworkers = 2\n{self.text}"
        )
        conf = nham_conf.load(["--config-file", str(path)])
        self.calls = {name: Calls() for name in (*LOOPS, "advance")}
        self.vnfm = mock.create_autospec(vnfm_base.Vnfm, instance=True)
        self.engine = mock.create_autospec(engine.Engine, instance=True)
        self.engine.id = "engine-1"
        self.engine.settings = SETTINGS
        self.engine.context = mock.Mock(vnfms={"tacker": self.vnfm})
        for name, calls in self.calls.items():
            setattr(self.engine, name, calls)
        self.wired = self.replace(
            "nham.engine.wiring.engine", return_value=self.engine
        )
        self.service = service.EngineService(conf)
        self.service.transport_url = "fake://"

    def start(self) -> None:
        """Start it; it is stopped when the test ends."""
        self.service.start()
        self.addCleanup(self.service.stop)

    def wait(self, name: str, count: int) -> None:
        """Wait until a loop was called so often."""
        self.assertTrue(self.calls[name].wait(count), name)


class TestLoops(ServiceCase):
    """A loop goes on, whatever happens."""

    def test_all_are_called(self) -> None:
        self.start()
        for name in LOOPS:
            self.wait(name, 1)
        for name in ("poll", "look", "checkpoint"):
            self.wait(name, 3)
        self.assertEqual(1, self.calls["discover"].count)

    def test_engine_is_wired_to_what_the_service_has(self) -> None:
        self.start()
        self.wired.assert_called_once_with(
            self.service.conf,
            self.service.store,
            self.service.clock,
            mock.ANY,
            mock.ANY,
            self.service._look_now.set,
        )

    def test_failure_is_logged_and_the_loop_goes_on(self) -> None:
        for name in LOOPS:
            self.calls[name].what = [raises(KeyError("bug"))]
        with self.assertLogs(service.LOG, "ERROR") as told:
            self.start()
            for name in ("poll", "look", "checkpoint"):
                self.wait(name, 3)
            self.wait("beat", 1)
            self.wait("discover", 1)
            self.wait("grant", 1)
            self.wait("join", 1)
            self.service.stop()
        found = {one.getMessage() for one in told.records}
        self.assertEqual({f"{name} stumbled" for name in self.names()}, found)

    def names(self) -> set[str]:
        """Return the names of the threads of the loops."""
        return {thread.name for thread in self.service._threads}

    def test_database_that_is_down_is_no_bug(self) -> None:
        self.calls["poll"].what = [raises(db_errors.DatabaseDown("gone"))]
        with self.assertLogs(service.LOG, "WARNING") as told:
            self.start()
            self.wait("poll", 3)
        [record] = told.records
        self.assertEqual(
            "poll waits for the database: gone", record.getMessage()
        )
        self.assertIsNone(record.exc_info)

    def test_one_that_hangs_keeps_no_other(self) -> None:
        hangs = threading.Event()
        self.addCleanup(hangs.set)
        self.calls["poll"].what = [lambda: hangs.wait(LONG)]
        self.start()
        self.wait("poll", 1)
        self.wait("look", 10)
        self.assertEqual(1, self.calls["poll"].count)
        hangs.set()
        self.wait("poll", 2)


class TestMetrics(ServiceCase):
    """The numbers of an engine in a process of its own."""

    def test_served_until_it_stops(self) -> None:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        self.service.conf.set_override("bind_port", port, "metrics")
        self.service.start()
        url = f"http://127.0.0.1:{port}/metrics"
        with request.urlopen(url, timeout=5) as answer:
            self.assertIn(b"nham_recoveries_total", answer.read())
        self.service.stop()
        self.assertRaises(OSError, request.urlopen, url, timeout=5)


class TestStop(ServiceCase):
    """The end of the process."""

    def test_no_loop_is_called_any_more(self) -> None:
        self.service.start()
        for name in LOOPS:
            self.wait(name, 1)
        threads = list(self.service._threads)
        self.service.stop()
        self.assertFalse(any(thread.is_alive() for thread in threads))
        self.assertEqual(len(LOOPS), len(threads))

    def test_bus_that_never_answered_keeps_nobody(self) -> None:
        never = threading.Event()
        self.addCleanup(never.set)
        server = self.replace("nham.rpc.server.make_server").return_value
        server.start.side_effect = never.wait
        self.service.start()
        self.service.stop()
        server.stop.assert_not_called()

    def test_recovery_at_hand_is_left_to_another_engine(self) -> None:
        self.calls["advance"].what = [lambda: True] * 100_000
        self.service.start()
        self.service._run_recovery("r")
        self.wait("advance", 2)
        self.service.stop()
        before = self.calls["advance"].count
        self.assertLess(before, 100_000)
        self.service._recover("r")
        self.assertEqual(before, self.calls["advance"].count)


class TestRecovery(ServiceCase):
    """A recovery is advanced until nothing is left of it."""

    def ended(self, *what: Callable[[], object]) -> int:
        """Run a recovery to its end; return how often it was advanced."""
        self.calls["advance"].what = [*what, lambda: True, lambda: False]
        self.start()
        done = threading.Event()
        self.service._pool.submit(
            self.service._recover, "r"
        ).add_done_callback(lambda _future: done.set())
        self.assertTrue(done.wait(LONG))
        return self.calls["advance"].count

    def test_to_its_end(self) -> None:
        self.assertEqual(2, self.ended())

    def test_goes_on_after_a_failure(self) -> None:
        with self.assertLogs(service.LOG, "ERROR") as told:
            self.assertEqual(3, self.ended(raises(KeyError("bug"))))
        self.assertEqual("recovery r stumbled", told.records[0].getMessage())

    def test_waits_for_the_database(self) -> None:
        down = raises(db_errors.DatabaseDown("gone"))
        with self.assertLogs(service.LOG, "WARNING") as told:
            self.assertEqual(4, self.ended(down, down))
        self.assertEqual(
            ["WARNING"] * 2, [one.levelname for one in told.records]
        )

    def test_engine_hands_it_over(self) -> None:
        self.start()
        hand_over = self.wired.call_args.args[3]
        self.calls["advance"].what = [lambda: False]
        hand_over("r")
        self.wait("advance", 1)


class TestExports(ServiceCase):
    """States are exported beside everything else."""

    text = "[hooks]\nworkers = 1\n"

    def test_one_that_fails_ends_no_other(self) -> None:
        self.start()
        submit = self.wired.call_args.args[4]
        done = threading.Event()
        with self.assertLogs(service.LOG, "ERROR") as told:
            submit(raises(KeyError("bug")))
            submit(done.set)
            self.assertTrue(done.wait(LONG))
        self.assertEqual(
            ["an export stumbled"], [one.getMessage() for one in told.records]
        )

    def test_slow_ones_keep_no_loop_and_no_recovery(self) -> None:
        never = threading.Event()
        self.start()
        self.addCleanup(never.set)
        self.wired.call_args.args[4](never.wait)
        self.wait("checkpoint", self.calls["checkpoint"].count + 2)
        self.calls["advance"].what = [lambda: False]
        self.wired.call_args.args[3]("r")
        self.wait("advance", 1)

    def test_what_has_not_begun_ends_with_the_service(self) -> None:
        begun, go = threading.Event(), threading.Event()
        self.addCleanup(go.set)
        late = mock.Mock()

        def first() -> None:
            begun.set()
            go.wait(LONG)

        self.service.start()
        self.wired.call_args.args[4](first)
        waits = self.service._exports.submit(late)
        waits.add_done_callback(lambda _future: go.set())
        self.assertTrue(begun.wait(LONG))
        self.service.stop()
        self.assertTrue(waits.cancelled())
        late.assert_not_called()


class TestDiscover(ServiceCase):
    """Discovery, and what makes it run at once."""

    text = (
        "[api]\ncallback_url = http://nham/v1/tacker/notifications\n"
        "[tacker]\ncallback_user = ann\ncallback_password = secret\n"
    )

    def set(self, group: str, **values: Any) -> None:
        """Change options until the test ends."""
        for name, value in values.items():
            self.service.conf.set_override(name, value, group)
            self.addCleanup(self.service.conf.clear_override, name, group)

    def subscriptions(self) -> int:
        """Return how often Tacker was asked to tell us, in one round."""
        self.start()
        self.wait("discover", 1)
        return int(self.vnfm.subscribe.call_count)

    def test_api_may_ask_for_it(self) -> None:
        self.start()
        self.wait("discover", 1)
        client.EngineClient(self.service.transport, LONG).rediscover("i")
        self.wait("discover", 2)
        self.assertFalse(self.service._discover_now.is_set())

    def test_tacker_is_asked_to_tell_us(self) -> None:
        self.assertEqual(1, self.subscriptions())
        self.vnfm.subscribe.assert_called_once_with(
            "http://nham/v1/tacker/notifications", "ann", "secret"
        )

    def test_tacker_that_refuses_keeps_nobody_from_discovery(self) -> None:
        self.vnfm.subscribe.side_effect = errors.Unavailable("down")
        self.assertEqual(1, self.subscriptions())

    def test_not_without_a_password(self) -> None:
        self.set("tacker", callback_password=None)
        self.assertEqual(0, self.subscriptions())

    def test_not_without_an_address(self) -> None:
        self.set("api", callback_url=None)
        self.assertEqual(0, self.subscriptions())

    def test_not_where_the_operator_does_not_want_it(self) -> None:
        self.set("tacker", subscribe=False)
        self.assertEqual(0, self.subscriptions())

    def test_not_without_tacker(self) -> None:
        self.engine.context.vnfms.clear()
        self.assertEqual(0, self.subscriptions())
