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


"""nham-api as a process."""

from __future__ import annotations

import contextlib
import os
import re
import signal
import socket
import subprocess
import sys

import requests

from nham.tests import base


class ApiProcessTest(base.TestCase):
    """It starts, listens to signals and says what is wrong."""

    def setUp(self) -> None:
        super().setUp()
        self.folder = self.temp_dir()
        self.path = self.folder / "nham.conf"
        self._configure("port = 0", "noauth")

    def test_signals(self) -> None:
        process = self._start()
        port = self._port_of(process)
        process.send_signal(signal.SIGHUP)
        url = f"http://127.0.0.1:{port}/"
        self.assertEqual(200, requests.get(url, timeout=10).status_code)
        process.send_signal(signal.SIGTERM)
        self.assertEqual(0, process.wait(timeout=30))

    def test_the_port_is_taken(self) -> None:
        with contextlib.closing(socket.create_server(("127.0.0.1", 0))) as one:
            self._configure(f"port = {one.getsockname()[1]}", "noauth")
            out, _ = self._start().communicate(timeout=30)
        self.assertIn("nham-api: ", out)

    def test_nobody_said_how_to_reach_keystone(self) -> None:
        self._configure("port = 0", "keystone")
        process = self._start()
        out, _ = process.communicate(timeout=30)
        self.assertEqual(2, process.returncode, out)
        self.assertIn("nham-api: configuration: ", out)
        self.assertIn("auth_type", out)

    def test_any_wsgi_server(self) -> None:
        code = (
            "import sys, nham.wsgi.api as a; "
            "assert callable(a.application); "
            "assert not sys.modules.get('eventlet')"
        )
        result = subprocess.run(
            [sys.executable, "-c", code],
            env={**os.environ, "HOME": str(self.folder)},
            capture_output=True,
            text=True,
            check=False,
        )
        self.assertEqual(0, result.returncode, result.stderr)

    def _configure(self, port: str, strategy: str) -> None:
        self.path.write_text(
            f"[DEFAULT]\nstate_path = {self.folder}\n"
            "transport_url = fake://\n"
            f"[api]\nbind_{port}\nauth_strategy = {strategy}\n"
        )

    def _start(self) -> subprocess.Popen[str]:
        process = subprocess.Popen(
            [
                sys.executable,
                "-m",
                "nham.cmd.api",
                "--config-file",
                str(self.path),
            ],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        self.addCleanup(self._end, process)
        return process

    def _end(self, process: subprocess.Popen[str]) -> None:
        process.kill()
        process.wait()
        assert process.stdout is not None
        process.stdout.close()

    def _port_of(self, process: subprocess.Popen[str]) -> int:
        assert process.stdout is not None
        for line in process.stdout:
            found = re.search(r"Listening at \S+ port (\d+)", line)
            if found:
                return int(found[1])
        raise AssertionError("It does not listen")
