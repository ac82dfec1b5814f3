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

"""From the command down to the facts: why, on a simulated cloud."""

from __future__ import annotations

import contextlib
import io
import json
from pathlib import Path
from typing import Any
from unittest import mock

import openstack

from nham import conf as nham_conf
from nham import sdk
from nham.api import app
from nham.api import server
from nham.cmd import nham
from nham.engine import requests
from nham.osc.v1 import recovery
from nham.osc.v1 import vnf
from nham.osc.v1 import why
from nham.simulate import play
from nham.simulate import scenario
from nham.tests import base

SAMPLES = Path(__file__).parents[3] / "samples" / "scenarios"


class ExplainTest(base.TestCase):
    """The commands, the API and an engine after a host has died."""

    def setUp(self) -> None:
        super().setUp()
        read = scenario.read(str(SAMPLES / "1r-as-host-power-off.yaml"))
        player = play.Player(read)
        self.outcome = player.play()
        lab = player.lab
        engine = requests.Requests(lab.alive[0].engine, lambda: None)
        path = self.temp_dir() / "nham.conf"
        path.write_text("[api]\nauth_strategy = noauth\n")
        application = app.make_app(
            nham_conf.load([], [str(path)]),
            lab.store,
            mock.Mock(wraps=engine),
            lab.clock.now,
        )
        running = server.Server(application, "127.0.0.1", 0, 4)
        running.start()
        self.addCleanup(running.stop)
        connection = openstack.connection.Connection(
            auth_type="none", endpoint=f"http://127.0.0.1:{running.port}"
        )
        self.addCleanup(connection.close)
        self.proxy = sdk.connect(connection)
        # Its project is none of ours: we ask as an administrator.
        (self.vnf,) = self.proxy.vnfs(all_projects=True)

    def run_it(self, kind: type[Any], *arguments: str) -> str:
        """Return what a command prints."""
        told = mock.Mock()
        told.client_manager.nham = self.proxy
        told.stdout = io.StringIO()
        made = kind(told, None)
        parser = made.get_parser("openstack nham")
        with contextlib.redirect_stderr(io.StringIO()):
            made.run(parser.parse_args(list(arguments)))
        printed: str = told.stdout.getvalue()
        return printed

    def test_the_facts_of_a_recovery_go_round(self) -> None:
        (one,) = [r for r in self.outcome.recoveries if r.rung == "fail_over"]
        path = str(self.temp_dir() / "facts.yaml")
        shown = self.run_it(
            recovery.ShowRecovery, one.id, "--facts", path, "-f", "json"
        )
        found = json.loads(shown)
        self.assertEqual("its host is dead", found["Rule says"])
        self.assertGreater(found["Timeline"]["outage_seconds"], 0.0)
        out = io.StringIO()
        with contextlib.redirect_stdout(out):
            code = nham.main(["simulate", "--facts", path])
        self.assertEqual(0, code)
        self.assertIn("act fail_over (host), by host-dead", out.getvalue())
        for reason in (*one.reasons, *one.refused):
            self.assertIn(reason, out.getvalue())

    def test_why_now(self) -> None:
        found = json.loads(
            self.run_it(why.WhyVnf, self.vnf.id, "-f", "json", "--long")
        )
        self.assertEqual(
            ["healthy", "app-dead", "vm-dead", "mass-failure"],
            [one["Rule"] for one in found],
        )
        # One host of three is still off: with another it would be most.
        self.assertEqual(
            ("wait", "mass-failure", None),
            tuple(found[3][name] for name in ("Verdict", "Held by", "Outage")),
        )
        # The standby is the VNFC that was repaired; it would take over.
        for one in found[1:3]:
            self.assertEqual(
                ("act", "fail_over"), (one["Verdict"], one["Rung"])
            )
            told = "outage: measured: median of 1 of this VNF"
            self.assertIn(told, one["Why"])

    def test_the_level_that_was_measured(self) -> None:
        found = json.loads(self.run_it(vnf.ShowVnf, self.vnf.id, "-f", "json"))
        (sal,) = found["SAL"]
        self.assertEqual((1, 1), (sal["measured"]["level"], sal["reachable"]))
        self.assertIn(
            "measured, median of 1 of this VNF", sal["reachable_says"]
        )
