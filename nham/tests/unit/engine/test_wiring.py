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

"""Tests of what the configuration makes of an engine."""

from __future__ import annotations

import base64
from typing import Any

from openstack import exceptions

from nham.adapters import errors
from nham.adapters.checkpoints import hook
from nham.adapters.checkpoints import image
from nham.adapters.checkpoints import volume
from nham.adapters.hooks import by_transport
from nham.adapters.hooks import guest_agent
from nham.adapters.hooks import http
from nham.adapters.plugger import unix
from nham.adapters.probes import network
from nham.adapters.stores import database
from nham.adapters.stores import file
from nham.adapters.vim import openstack
from nham.adapters.vnfm import tacker
from nham.core import facts
from nham.engine import settings
from nham.engine import wiring
from nham.recovery import endpoints
from nham.tests.unit.engine import wiring_case

ALL = """
[DEFAULT]
host = here
[detection]
nova_poll_interval = 2
host_probe = tcp
host_probe_port = 2222
host_probe_interval = 0.5
host_probe_misses = 5
observer_lag = 1.5
[tacker]
reconcile_interval = 40
fail_stuck_operations = false
[recovery]
lease = 4
poll = 0.2
workers = 3
[guards]
window = 70
share = 0.25
recoveries = 5
host_parallel = 2
image_pause = 6
[checkpoints]
parallel = 7
timeout = 80
"""


class TestSettings(wiring_case.WiringCase):
    """Every option that an operator can set reaches the engine."""

    def test_defaults(self) -> None:
        self.configure("[DEFAULT]\nhost = localhost\n")
        found = wiring.settings(self.conf)
        self.assertEqual(
            settings.Settings(host_probe_port=22, runner_poll=0.1), found
        )

    def test_all(self) -> None:
        self.configure(ALL)
        wanted = settings.Settings(
            host="here",
            nova_poll_interval=2.0,
            reconcile_interval=40.0,
            host_probe="tcp",
            host_probe_port=2222,
            host_probe_interval=0.5,
            host_probe_misses=5,
            observer_lag=1.5,
            lease=4.0,
            runner_poll=0.2,
            workers=3,
            guard_window=70.0,
            limits=facts.Limits(
                share=0.25,
                recoveries=5,
                host_parallel=2,
                fail_stuck=False,
                image_pause=6.0,
            ),
            checkpoints_parallel=7,
            checkpoint_timeout=80.0,
        )
        self.assertEqual(wanted, wiring.settings(self.conf))


class TestEngine(wiring_case.WiringCase):
    """Which parts an engine has."""

    def test_defaults(self) -> None:
        made = self.engine()
        context = made.context
        self.assertIsInstance(context.vim, openstack.OpenStackVim)
        self.assertEqual(["tacker"], list(context.vnfms))
        self.assertIsInstance(context.vnfms["tacker"], tacker.TackerVnfm)
        self.assertEqual([], list(context.fencing))
        self.assertEqual({"hook", "image", "volume"}, set(context.engines))
        self.assertIsInstance(context.engines["image"], image.ImageEngine)
        self.assertIsInstance(context.engines["volume"], volume.VolumeEngine)
        self.assertIs(made.watch, context.watch)
        self.assertEqual(wiring.settings(self.conf), made.settings)

    def test_probe_ports(self) -> None:
        self.assertIsNone(self.engine().probe_ports._plugger)
        self.configure("[detection]\nplugger_socket = /run/p.sock\n")
        made = self.engine()
        self.assertIsInstance(made.probe_ports._plugger, unix.UnixPlugger)
        # The prober waits for nobody.
        prober = made.watch._prober
        assert isinstance(prober, network.NetworkProber)
        own = prober._sockets._plugger
        self.assertIsInstance(own, unix.UnixPlugger)
        self.assertIsNot(made.probe_ports._plugger, own)

    def test_two_engines_have_two_names(self) -> None:
        self.assertNotEqual(self.engine().id, self.engine().id)

    def test_without_tacker(self) -> None:
        self.configure("[tacker]\nenabled = false\n")
        self.assertEqual({}, self.engine().context.vnfms)


class TestStates(wiring_case.WiringCase):
    """Where the states that VNFs hand out are kept, and how they are got."""

    def hook(self) -> hook.HookEngine:
        """Return the engine of states."""
        found = self.engine().context.engines["hook"]
        assert isinstance(found, hook.HookEngine)
        return found

    def test_in_our_database(self) -> None:
        made = self.engine()
        found = made.context.engines["hook"]
        assert isinstance(found, hook.HookEngine)
        self.assertIsInstance(found._store, database.DatabaseStore)
        kept = found._store.put("one", b"calls")
        self.assertEqual(["one"], made.context.store.blob_names())
        self.assertEqual(b"calls", found._store.get("one", kept.digest))

    def test_in_files_and_encrypted(self) -> None:
        folder = self.temp_dir()
        key = folder / "key"
        key.write_text(base64.b64encode(bytes(32)).decode())
        key.chmod(0o600)
        self.configure(
            f"[stores]\ndriver = file\nfolder = {folder / 'states'}\n"
            f"key_file = {key}\n"
        )
        (folder / "states").mkdir()
        store = self.hook()._store
        self.assertIsInstance(store, file.FileStore)
        kept = store.put("one", b"calls")
        self.assertNotIn(b"calls", (folder / "states" / "one").read_bytes())
        self.assertEqual(b"calls", store.get("one", kept.digest))

    def test_key_that_is_none(self) -> None:
        key = self.temp_dir() / "key"
        self.configure(f"[stores]\nkey_file = {key}\n")
        error = self.assertRaises(errors.Refused, self.engine)
        self.assertIn(str(key), str(error))

    def test_secrets_of_the_hooks(self) -> None:
        folder = self.temp_dir()
        token = folder / "mine"
        token.write_text("secret\n")
        token.chmod(0o600)
        self.configure(f"[hooks]\nsecrets_dir = {folder}\n")
        found = self.hook()
        assert isinstance(found._hook, by_transport.ByTransport)
        self.assertIsInstance(found._hook._http, http.HttpHook)
        by_agent = found._hook._guest_agent
        self.assertIsInstance(by_agent, guest_agent.GuestAgentHook)
        assert isinstance(found._locate, endpoints.Endpoints)
        self.assertEqual("secret", found._locate.secret("mine"))

    def test_who_runs_the_exports(self) -> None:
        self.assertEqual(self.jobs.append, self.engine().checkpointer._submit)


class TestCloud(wiring_case.WiringCase):
    """The connection to the OpenStack that the VNFs run in."""

    def test_by_its_name(self) -> None:
        found = wiring.cloud(self.conf).config
        self.assertEqual("north", found.get_region_name("compute"))
        self.assertEqual("internal", found.get_interface("compute"))
        self.assertEqual(
            "http://192.0.2.1/v3", found.get_auth_args()["auth_url"]
        )

    def test_by_credentials(self) -> None:
        self.configure(
            "auth_type = password\n"
            "auth_url = http://192.0.2.9/v3\n"
            "username = nham\n"
            "password = secret\n"
            "project_name = service\n"
            "user_domain_name = Default\n"
            "project_domain_name = Default\n"
            "region_name = south\n"
            "interface = public\n",
            cloud="",
        )
        found = wiring.cloud(self.conf)
        auth: Any = found.session.auth
        self.assertEqual("http://192.0.2.9/v3", auth.auth_url)
        for service in ("compute", "nfv-orchestration"):
            self.assertEqual("south", found.config.get_region_name(service))
            self.assertEqual("public", found.config.get_interface(service))

    def test_name_that_is_not_in_the_file(self) -> None:
        self.configure("", cloud="theirs")
        error = self.assertRaises(
            exceptions.ConfigException, wiring.cloud, self.conf
        )
        self.assertIn("theirs", str(error))
