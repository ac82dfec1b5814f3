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

"""The parts of the test cloud that need no cloud."""

import os
import pathlib
import re
import signal
import socket
import subprocess
import sys
import tempfile
from unittest import mock
import zipfile

from nham.tests import base

TOOL = pathlib.Path(__file__).resolve().parents[4] / "tools" / "testcloud"
sys.path.insert(0, str(TOOL))

from tc import cli  # noqa: E402 - the path has to be set first
from tc import config  # noqa: E402
from tc import csar  # noqa: E402
from tc import health  # noqa: E402
from tc import hosts  # noqa: E402
from tc import install  # noqa: E402
from tc import proc  # noqa: E402
from tc import schema  # noqa: E402
from tc import services  # noqa: E402
from tc import settings  # noqa: E402
from tc import stages  # noqa: E402


class StateCase(base.TestCase):
    """A test with a state folder of its own."""

    def setUp(self) -> None:
        super().setUp()
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.state = pathlib.Path(folder.name)
        for name in ("ETC", "LOG", "RUN", "DATA", "IMAGES"):
            path = self.state / name.lower()
            path.mkdir()
            patch = mock.patch.object(settings, name, path)
            patch.start()
            self.addCleanup(patch.stop)


class TestProcess(StateCase):
    """Pid files are believed only as far as they can be."""

    def _process(self) -> proc.Process:
        process = proc.Process("sleep", settings.RUN, self.state / "log.txt")
        self.addCleanup(process.kill)
        return process

    def test_start_is_remembered(self) -> None:
        process = self._process()
        pid = process.start(["sleep", "60"])
        self.assertEqual(pid, process.pid())
        self.assertEqual(pid, process.start(["sleep", "60"]))

    def test_kill_takes_the_whole_session(self) -> None:
        process = self._process()
        pid = process.start(["sh", "-c", "sleep 60 & sleep 60"])
        self.assertIn(pid, process.remains())
        process.kill()
        self.assertEqual([], proc.session(pid))
        self.assertFalse(process.pid_file.exists())

    def test_members_are_found_after_the_leader_died(self) -> None:
        process = self._process()
        pid = process.start(["sh", "-c", "sleep 60 & exec sleep 61"])
        while len(process.remains()) < 2:
            pass
        os.kill(pid, signal.SIGKILL)
        while process.pid():
            pass
        self.assertEqual(1, len(process.remains()))

    def test_another_process_with_the_number_is_left_alone(self) -> None:
        stranger = subprocess.Popen(["sleep", "60"], start_new_session=True)
        self.addCleanup(stranger.wait)
        self.addCleanup(stranger.kill)
        process = self._process()
        process.pid_file.write_text(f"{stranger.pid} 1\n")
        self.assertIsNone(process.pid())
        self.assertEqual([], process.remains())
        process.kill()
        self.assertIsNone(stranger.poll())

    def test_damaged_pid_file(self) -> None:
        process = self._process()
        process.pid_file.write_text("what?")
        self.assertIsNone(process.pid())

    def test_failed_command_names_its_log(self) -> None:
        log = self.state / "false.log"
        failure = self.assertRaises(settings.Failure, proc.run, ["false"], log)
        self.assertEqual(log, failure.log)
        self.assertIn('"false"', str(failure))


class TestConfig(StateCase):
    """Templates are filled without rest."""

    def setUp(self) -> None:
        super().setUp()
        venv = self.state / "venv"
        for name in (
            "nova/api-paste.ini",
            "cinder/rootwrap.conf",
            "tacker/api-paste.ini",
            "tacker/prometheus-plugin.yaml",
        ):
            path = venv / "etc" / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text("filters_path=/a\nexec_dirs=/b\n")
        for name, value in (("VENV", venv), ("STATE", self.state)):
            patch = mock.patch.object(settings, name, value)
            patch.start()
            self.addCleanup(patch.stop)

    def test_no_mark_is_left(self) -> None:
        config.write_all()
        written = [p for p in settings.ETC.rglob("*") if p.is_file()]
        self.assertGreater(len(written), 10)
        for path in written:
            self.assertNotIn("$", path.read_text(), str(path))

    def test_every_database_used_is_made(self) -> None:
        config.write_all()
        mark = re.escape(f"@{settings.HOST_IP}/") + r"(\w+)\?"
        used = {
            name
            for path in settings.ETC.rglob("*")
            if path.is_file()
            for name in re.findall(mark, path.read_text())
        }
        made = {
            name
            for chain in schema.chains()
            for step in chain
            for name in step.databases
        }
        self.assertIn("octavia", used)
        self.assertEqual(set(), used - made)

    def test_password_is_kept_and_private(self) -> None:
        first = settings.password()
        self.assertEqual(first, settings.password())
        mode = (settings.ETC / "password").stat().st_mode
        self.assertEqual(0o600, mode & 0o777)

    def test_exports_name_a_cloud(self) -> None:
        exports = config.shell_exports("testcloud-demo")
        self.assertEqual("testcloud-demo", exports["OS_CLOUD"])
        self.assertIn("/nham?", exports["NHAM_TESTCLOUD_DB_URL"])

    def test_services_do_not_see_the_callers_cloud(self) -> None:
        with mock.patch.dict(os.environ, {"OS_CLOUD": "x"}):
            self.assertNotIn("OS_CLOUD", settings.base_env())


class TestSchema(StateCase):
    """A step makes its databases, and begins anew if it was cut off."""

    def setUp(self) -> None:
        super().setUp()
        marks = self.state / "marks"
        marks.mkdir()
        patch = mock.patch.object(schema, "MARKS", marks)
        patch.start()
        self.addCleanup(patch.stop)

    def _run(self, program: str) -> list[str]:
        """Run one step; return what was said to the database."""
        step = schema.Step("kiosk", (program,), ("kiosk",))
        with mock.patch.object(schema, "_sql", autospec=True) as sql:
            try:
                schema._run_step(step)
            except settings.Failure:
                self.assertEqual("false", program)
        return [call.args[0] for call in sql.call_args_list]

    def test_first_time(self) -> None:
        (said,) = self._run("true")
        self.assertIn("CREATE DATABASE IF NOT EXISTS kiosk ", said)
        self.assertNotIn("DROP", said)

    def test_done_stays_done(self) -> None:
        self._run("true")
        self.assertEqual([], self._run("true"))

    def test_half_a_migration_is_dropped(self) -> None:
        self._run("false")
        (said,) = self._run("true")
        self.assertTrue(said.startswith("DROP DATABASE IF EXISTS kiosk; "))


class TestStages(StateCase):
    """What is done once is done again if it has become another."""

    def _do(self, version: str) -> bool:
        job = mock.Mock()
        stages._once("thing", job, version)
        return bool(job.called)

    def test_once_for_each_version(self) -> None:
        done = [self._do(version) for version in ("1", "1", "2", "2")]
        self.assertEqual([True, False, True, False], done)

    def test_mark_of_an_older_checkout(self) -> None:
        mark = settings.DATA / "done" / "thing"
        mark.parent.mkdir()
        mark.touch()
        self.assertFalse(self._do(""))
        self.assertTrue(self._do("1"))

    def test_failed_job_is_not_done(self) -> None:
        job = mock.Mock(side_effect=settings.Failure("no"))
        self.assertRaises(settings.Failure, stages._once, "thing", job)
        self.assertTrue(self._do(""))


class TestInstall(StateCase):
    """An environment made for other requirements is not installed."""

    def test_changed_requirements_are_noticed(self) -> None:
        wanted = self.state / "requirements.txt"
        wanted.write_text("nova\n")
        for owner, name, value in (
            (settings, "VENV", self.state),
            (install, "REQUIREMENTS", wanted),
        ):
            patch = mock.patch.object(owner, name, value)
            patch.start()
            self.addCleanup(patch.stop)
        self.assertFalse(install.is_installed())
        install._mark().write_text(install.digest() + "\n")
        self.assertTrue(install.is_installed())
        wanted.write_text("nova\noctavia\n")
        self.assertFalse(install.is_installed())


class TestHealth(StateCase):
    """A socket counts only while somebody listens on it."""

    def test_unix_sockets(self) -> None:
        path = str(self.state / "a.sock")
        other = str(self.state / "b.sock")
        with socket.socket(socket.AF_UNIX) as server:
            server.bind(path)
            self.assertFalse(health.sockets_open([path]))
            server.listen()
            self.assertTrue(health.sockets_open([path]))
            self.assertFalse(health.sockets_open([path, other]))
        self.assertTrue(os.path.exists(path))
        self.assertFalse(health.sockets_open([path]))

    def test_no_socket_is_asked_for(self) -> None:
        self.assertTrue(health.sockets_open(()))


class TestCsar(StateCase):
    """VNF packages are complete and their ids stand for their content."""

    def setUp(self) -> None:
        super().setUp()
        image = self.state / "image"
        image.write_bytes(b"image")
        for target, value in (
            ("settings.GUEST_IMAGE", image),
            ("csar._user_data", lambda: "# user data\n"),
        ):
            patch = mock.patch(f"tc.{target}", value)
            patch.start()
            self.addCleanup(patch.stop)

    def _build(self, variant: str, name: str = "x") -> csar.Built:
        return csar.build(variant, self.state / f"{variant}.zip", name)

    def test_same_content_same_id_and_bytes(self) -> None:
        first = self._build("image")
        content = first.path.read_bytes()
        second = self._build("image")
        self.assertEqual(first.vnfd_id, second.vnfd_id)
        self.assertEqual(content, second.path.read_bytes())

    def test_variants_names_and_policies_have_other_ids(self) -> None:
        policy = self.state / "policy.yaml"
        policy.write_text("- none: {}\n")
        ids = {
            self._build("image").vnfd_id,
            self._build("volume").vnfd_id,
            self._build("image", "y").vnfd_id,
            csar.build("image", self.state / "p.zip", "x", policy).vnfd_id,
        }
        self.assertEqual(4, len(ids))

    def test_no_mark_is_left(self) -> None:
        for variant in ("image", "volume"):
            built = self._build(variant)
            with zipfile.ZipFile(built.path) as archive:
                for name in archive.namelist():
                    self.assertNotIn("@", archive.read(name).decode(), name)

    def test_policies_are_in_the_flavour(self) -> None:
        built = self._build("volume")
        with zipfile.ZipFile(built.path) as archive:
            text = archive.read(
                "Definitions/nham_sample_df_simple.yaml"
            ).decode()
        self.assertIn("    - VDU1_resiliency:\n", text)
        self.assertIn("method: volume_snapshot", text)


class TestNames(base.TestCase):
    """Names, addresses and what the user typed."""

    def test_addresses_differ(self) -> None:
        addresses = {hosts.address(name) for name in settings.HOSTS}
        self.assertEqual(len(settings.HOSTS), len(addresses))
        self.assertEqual("10.99.0.12", hosts.address("cmp2"))
        self.assertEqual("172.24.4.202", hosts.tunnel_address("cmp2"))

    def test_services_have_names_and_ports_of_their_own(self) -> None:
        everything = services.all_services()
        names = [service.name for service in everything]
        ports = [service.port for service in everything if service.port]
        self.assertEqual(len(names), len(set(names)))
        self.assertEqual(len(ports), len(set(ports)))

    def test_every_api_is_in_the_catalogue(self) -> None:
        catalogue = (TOOL / "cloud" / "catalog.py").read_text()
        for service in services.all_services():
            # Keystone enters itself when it is bootstrapped.
            if service.http and service.name != "keystone":
                self.assertIn(f":{service.port}", catalogue, service.name)

    def test_unknown_names_are_wrong_usage(self) -> None:
        for words in (
            ["host", "status", "cmp7"],
            ["service", "start", "control", "nothing"],
        ):
            with mock.patch("tc.stages.require_root", autospec=True):
                self.assertEqual(2, cli.main(words))

    def test_wrong_usage(self) -> None:
        for words in ([], ["fly"], ["csar", "build"], ["host", "kill"]):
            stop = self.assertRaises(SystemExit, cli.main, words)
            self.assertEqual(2, stop.code)

    def test_every_requirement_is_pinned(self) -> None:
        def names(path: pathlib.Path) -> set[str]:
            lines = path.read_text().splitlines()
            return {
                line.split("==")[0].lower()
                for line in lines
                if line and not line.startswith("#")
            }

        self.assertLessEqual(
            names(install.REQUIREMENTS), names(install.CONSTRAINTS)
        )
