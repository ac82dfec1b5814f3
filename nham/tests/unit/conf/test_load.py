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


"""A right configuration is loaded, a wrong one refused at once."""

from __future__ import annotations

import contextlib
import io
import os
import signal

from oslo_config import cfg
from oslo_config import types

from nham import conf as nham_conf
from nham.conf import opts
from nham.tests import base


class LoadTest(base.TestCase):
    """What a file says."""

    def test_defaults(self) -> None:
        conf = nham_conf.load([], [])
        self.assertEqual(
            "sqlite:////var/lib/nham/nham.sqlite", conf.database.connection
        )
        self.assertEqual(9899, conf.api.bind_port)
        self.assertEqual(0.5, conf.guards.share)
        self.assertEqual([], conf.fencing.host_drivers)

    def test_a_file(self) -> None:
        conf = self._load(
            "[DEFAULT]\nstate_path = /tmp/n\n"
            "[guards]\nshare = 0.25\nhost_parallel = 2\n"
            "[fencing]\nhost_drivers = command, nova\n"
            "[keystone_authtoken]\nauth_url = http://k/\n"
            "[cloud]\nauth_type = password\nusername = nham\n"
        )
        self.assertEqual(
            "sqlite:////tmp/n/nham.sqlite", conf.database.connection
        )
        self.assertEqual(0.25, conf.guards.share)
        self.assertEqual(2, conf.guards.host_parallel)
        self.assertEqual(["command", "nova"], conf.fencing.host_drivers)

    def test_wrong(self) -> None:
        cases = {
            "[guards]\nshare = 2\n": "[guards] share: Should be less",
            "[guards]\nshre = 0.2\n": "[guards] shre: no such option",
            "[api]\nauth_strategy = none\n": "auth_strategy",
            "[detection]\nhost_probe_misses = many\n": "host_probe_misses",
            "nonsense\n": "nonsense",
        }
        for text, told in cases.items():
            with self.subTest(text=text):
                line = self._refused(text)
                self.assertIn(told, line)
                self.assertEqual(1, line.count("\n"))

    def test_no_such_file(self) -> None:
        error = io.StringIO()
        with (
            contextlib.redirect_stderr(error),
            self.assertRaisesRegex(SystemExit, "2"),
            nham_conf.fail_early("nham-api"),
        ):
            nham_conf.load(["--config-file", "/nonexistent"])
        self.assertIn("/nonexistent", error.getvalue())

    def test_reload(self) -> None:
        path = self.temp_dir() / "nham.conf"
        path.write_text("[DEFAULT]\ndebug = false\n")
        conf = nham_conf.load([], [str(path)])
        old = signal.getsignal(signal.SIGHUP)
        self.addCleanup(signal.signal, signal.SIGHUP, old)
        nham_conf.reload_on_hangup(conf)
        path.write_text("[DEFAULT]\ndebug = true\n")
        os.kill(os.getpid(), signal.SIGHUP)
        self.assertTrue(conf.debug)

    def _load(self, text: str) -> cfg.ConfigOpts:
        path = self.temp_dir() / "nham.conf"
        path.write_text(text)
        return nham_conf.load([], [str(path)])

    def _refused(self, text: str) -> str:
        error = io.StringIO()
        with (
            contextlib.redirect_stderr(error),
            self.assertRaises(SystemExit),
            nham_conf.fail_early("nham-api"),
        ):
            self._load(text)
        return error.getvalue()


class OptsTest(base.TestCase):
    """The options themselves."""

    def test_each_has_a_sentence(self) -> None:
        for group, options in opts.sections():
            for option in options:
                with self.subTest(group=group.name, option=option.name):
                    self.assertTrue(option.help)
                    if group.name != "cloud":
                        self.assertTrue(str(option.help).endswith("."))

    def test_each_number_has_bounds(self) -> None:
        for _group, options in opts.sections():
            for option in options:
                kind = option.type
                if isinstance(kind, types.Integer | types.Float):
                    self.assertIsNotNone(kind.min, option.name)
                    self.assertIsNotNone(kind.max, option.name)

    def test_the_sample_names_a_password(self) -> None:
        found = {group.name: options for group, options in opts.list_opts()}
        self.assertIn("password", [option.dest for option in found["cloud"]])
