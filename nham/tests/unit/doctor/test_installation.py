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


"""The checks of NHAM's own parts."""

from __future__ import annotations

import base64
import dataclasses
from pathlib import Path

from nham.adapters.plugger import base as plugger
from nham.tests.unit.doctor import base
from nham.tests.unit.engine import replica_case


class InstallationTest(base.DoctorCase):
    def test_everybody_is_an_administrator(self) -> None:
        self.set("api", "auth_strategy", "noauth")
        [(level, text)] = self.trouble("configuration")
        self.assertEqual("warning", level)
        self.assertIn("administrator", text)

    def test_tacker_does_not_notify(self) -> None:
        self.set("tacker", "callback_password", None)
        [(level, text)] = self.trouble("configuration")
        self.assertIn("up to 30 s", text)
        self.set("tacker", "enabled", False)
        self.assertEqual([], self.trouble("configuration"))

    def test_tables_are_old(self) -> None:
        self.store.sync("base")
        self.store.sync("0003")
        [(level, text)] = self.trouble("database")
        self.assertEqual("error", level)
        self.assertIn("at 0003", text)

    def test_no_engine(self) -> None:
        self.world.clock.advance(10.0)
        [(level, _text)] = self.trouble("engines")
        self.assertEqual("warning", level)


class ProbePortsTest(base.DoctorCase):
    def ask_from_port(self) -> None:
        """Add a VNF whose policy asks for a probe port."""
        policy = replica_case.POLICY
        detection = dataclasses.replace(policy.detection, probe_from="port")
        self.add_vnf(dataclasses.replace(policy, detection=detection))

    def test_nothing_plugs_them(self) -> None:
        self.assertEqual([], self.trouble("probe ports"))
        self.ask_from_port()
        [(level, text)] = self.trouble("probe ports")
        self.assertEqual("error", level)
        self.assertIn("nothing plugs them here", text)

    def test_the_plugger_is_away(self) -> None:
        self.set("detection", "plugger_socket", "/no/such.sock")
        [(level, text)] = self.trouble("probe ports")
        self.assertEqual("error", level)
        self.assertIn("/no/such.sock", text)

    def test_the_plugger_answers(self) -> None:
        self.set("detection", "plugger_socket", "/some.sock")
        standing = plugger.Standing(host="one", lives={"p": "1", "q": ""})
        self.replace(
            "nham.adapters.plugger.unix.UnixPlugger.standing",
            return_value=standing,
        )
        self.ask_from_port()
        self.assertEqual([], self.trouble("probe ports"))


class SecretsTest(base.DoctorCase):
    def setUp(self) -> None:
        super().setUp()
        self.folder = Path(self.conf.hooks.secrets_dir)
        protection = replica_case.POLICY.state_protection
        assert protection.hook is not None
        hook = dataclasses.replace(protection.hook, token="mine")
        self.policy = dataclasses.replace(
            replica_case.POLICY,
            state_protection=dataclasses.replace(protection, hook=hook),
        )

    def secret(self, name: str, mode: int) -> None:
        """Write a secret."""
        path = self.folder / name
        path.write_text("word")
        path.chmod(mode)

    def test_one_that_a_policy_names(self) -> None:
        self.add_vnf(self.policy)
        [(level, text)] = self.trouble("secrets")
        self.assertEqual("error", level)
        self.assertIn("/mine: ", text)
        self.secret("mine", 0o640)
        self.assertEqual([], self.trouble("secrets"))

    def test_open_to_everybody(self) -> None:
        """Also one that no policy names yet."""
        self.secret("other", 0o644)
        [(level, text)] = self.trouble("secrets")
        self.assertEqual("error", level)
        self.assertIn("everybody", text)
        self.assertNotIn("word", text)

    def test_no_folder(self) -> None:
        self.set("hooks", "secrets_dir", "/nowhere")
        self.assertEqual([], self.trouble("secrets"))
        self.add_vnf(self.policy)
        self.assertEqual(1, len(self.trouble("secrets")))


class StatesTest(base.DoctorCase):
    def test_folder(self) -> None:
        self.set("stores", "driver", "file")
        folder = self.temp_dir()
        for name in ("", "to/be/made"):
            self.set("stores", "folder", str(folder / name))
            self.assertEqual([], self.trouble("state store"))
        folder.joinpath("file").write_text("")
        self.set("stores", "folder", str(folder / "file" / "under"))
        [(level, text)] = self.trouble("state store")
        self.assertEqual("error", level)
        self.assertIn("cannot be written to", text)
        self.assertEqual(["file"], [one.name for one in folder.iterdir()])

    def test_key(self) -> None:
        path = self.temp_dir() / "key"
        self.set("stores", "key_file", str(path))
        path.write_bytes(base64.b64encode(bytes(32)))
        for mode, wrong in ((0o600, 0), (0o604, 1)):
            path.chmod(mode)
            self.assertEqual(wrong, len(self.trouble("state store")))
        path.chmod(0o600)
        path.write_text("short")
        [(level, _text)] = self.trouble("state store")
        self.assertEqual("error", level)
