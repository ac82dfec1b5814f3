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
from collections.abc import Callable
import os
import socket
from typing import Any
from unittest import mock

from openstack import exceptions
from stevedore import exception as stevedore_errors

from nham import conf as nham_conf
from nham.adapters import errors
from nham.adapters.agents import none
from nham.adapters.agents import udp
from nham.adapters.checkpoints import hook
from nham.adapters.checkpoints import image
from nham.adapters.checkpoints import volume
from nham.adapters.fencing import agent
from nham.adapters.fencing import bounded
from nham.adapters.fencing import command
from nham.adapters.fencing import lease
from nham.adapters.fencing import member_agent
from nham.adapters.fencing import noop
from nham.adapters.hooks import by_transport
from nham.adapters.hooks import guest_agent
from nham.adapters.hooks import http
from nham.adapters.simulated import clock
from nham.adapters.stores import database
from nham.adapters.stores import file
from nham.adapters.vim import openstack
from nham.adapters.vnfm import tacker
from nham.core import facts
from nham.core.agent import terms
from nham.engine import engine
from nham.engine import settings
from nham.engine import wiring
from nham.recovery import endpoints
from nham.simulate import memory
from nham.tests import base

CLOUDS = """
clouds:
  mine:
    auth_type: password
    auth:
      auth_url: http://192.0.2.1/v3
      username: nham
      password: secret
      project_name: admin
      user_domain_name: Default
      project_domain_name: Default
    region_name: north
    interface: internal
"""

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


def _nobody(_recovery_id: str) -> None:
    """Stand in for what runs recoveries."""


class WiringCase(base.TestCase):
    """The defaults, and a cloud in ``clouds.yaml``."""

    def setUp(self) -> None:
        super().setUp()
        self.jobs: list[Callable[[], None]] = []
        path = self.temp_dir() / "clouds.yaml"
        path.write_text(CLOUDS)
        found = mock.patch.dict(
            os.environ, {"OS_CLIENT_CONFIG_FILE": str(path)}
        )
        found.start()
        self.addCleanup(found.stop)
        self.configure("")

    def configure(self, text: str, cloud: str = "mine") -> None:
        """Load a file with this text, and the name of a cloud."""
        path = self.temp_dir() / "nham.conf"
        path.write_text(f"[cloud]\ncloud = {cloud}\n{text}")
        self.conf = nham_conf.load(["--config-file", str(path)])

    def engine(self) -> engine.Engine:
        """Return the engine that the configuration makes."""
        store = memory.Memory().store
        self.addCleanup(store.close)
        made = wiring.engine(
            self.conf, store, clock.VirtualClock(), _nobody, self.jobs.append
        )
        self.addCleanup(made.watch._prober.close)
        return made


class TestSettings(WiringCase):
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


class TestEngine(WiringCase):
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

    def test_two_engines_have_two_names(self) -> None:
        self.assertNotEqual(self.engine().id, self.engine().id)

    def test_without_tacker(self) -> None:
        self.configure("[tacker]\nenabled = false\n")
        self.assertEqual({}, self.engine().context.vnfms)

    def test_fencing_in_the_order_of_the_file(self) -> None:
        self.configure(
            "[fencing]\nhost_drivers = noop, command\n"
            "[fencing_command]\noff = off {host}\n"
            "status = status {host}\nhosts = one\n"
        )
        context = self.engine().context
        first, second = context.fencing
        assert isinstance(first, bounded.BoundedFencing)
        assert isinstance(second, bounded.BoundedFencing)
        self.assertIsInstance(first.driver, noop.NoopFencing)
        self.assertIsInstance(second.driver, command.CommandFencing)
        self.assertTrue(second.can_fence("one"))
        self.assertFalse(second.can_fence("two"))

    def test_fencing_by_bmcs(self) -> None:
        path = self.temp_dir() / "machines"
        path.write_text(
            "one: {address: 'http://bmc', username: u, password: p}\n"
        )
        path.chmod(0o600)
        self.configure(
            "[fencing]\nhost_drivers = redfish, ipmi\n"
            f"[fencing_redfish]\nmachines = {path}\n"
            f"[fencing_ipmi]\nmachines = {path}\n"
        )
        for one in self.engine().context.fencing:
            self.assertTrue(one.can_fence("one"))
            self.assertFalse(one.can_fence("two"))

    def test_fencing_by_bmcs_that_no_file_tells_of(self) -> None:
        for name in ("redfish", "ipmi"):
            self.configure(f"[fencing]\nhost_drivers = {name}\n")
            error = self.assertRaises(errors.Refused, self.engine)
            self.assertEqual(
                f"[fencing_{name}] machines is not set", str(error)
            )

    def test_fencing_of_members(self) -> None:
        context = self.engine().context
        self.assertEqual(
            ["port"], [one.name for one in context.member_fencing]
        )
        self.assertEqual(20.0, context.fencing_patience)
        self.configure(
            "[fencing]\nmember_drivers = nova, port\npatience = 7\n"
        )
        context = self.engine().context
        self.assertEqual(
            ["nova", "port"], [one.name for one in context.member_fencing]
        )
        self.assertEqual(7.0, context.fencing_patience)

    def agents(self, more: str = "", key: str = "ab" * 32) -> None:
        """Configure agents that are listened to at any port that is free."""
        keys = self.temp_dir() / "keys"
        keys.write_text(f"k {key}")
        keys.chmod(0o600)
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        self.configure(
            f"[agent]\nbind_host = 127.0.0.1\nbind_port = {port}\n"
            f"keys_file = {keys}\n{more}"
        )

    def load_from_here(self, **own: Any) -> None:
        """Load these drivers, as an older installation lacks them."""
        load = wiring._load

        def from_here(namespace: str, name: str, *args: Any) -> Any:
            made = own.get(name)
            return made(*args) if made else load(namespace, name, *args)

        self.replace("nham.engine.wiring._load", from_here)

    def test_no_agents_by_default(self) -> None:
        self.assertIsInstance(self.engine().context.agents, none.NoAgents)

    def test_agents(self) -> None:
        self.agents(
            "lease = 20\nheartbeat_interval = 0.2\nmisses = 4\n"
            "drift = 0.02\nstop_allowance = 7\nneed_watchdog = false\n"
            "[fencing]\nhost_drivers = agent, lease\n"
        )
        self.load_from_here(agent=agent.AgentFencing, lease=lease.LeaseFencing)
        context = self.engine().context
        self.addCleanup(context.agents.close)
        self.assertIsInstance(context.agents, udp.UdpAgents)
        self.assertEqual(
            terms.Terms(
                interval=0.2,
                misses=4,
                lease=20.0,
                drift=0.02,
                stop=7.0,
                need_watchdog=False,
            ),
            context.agents.terms,
        )
        self.assertEqual(
            ["agent", "lease"], [one.name for one in context.fencing]
        )

    def test_members_are_cut_off_by_agents(self) -> None:
        self.agents("[fencing]\nmember_drivers = agent, port\n")
        self.load_from_here(agent=member_agent.AgentMemberFencing)
        context = self.engine().context
        self.addCleanup(context.agents.close)
        first, second = context.member_fencing
        self.assertIsInstance(first, member_agent.AgentMemberFencing)
        self.assertEqual("port", second.name)

    def test_members_that_are_cut_off_by_nothing_that_lasts(self) -> None:
        self.agents("[fencing]\nmember_drivers = agent\n")
        self.load_from_here(agent=member_agent.AgentMemberFencing)
        error = self.assertRaises(errors.Refused, self.engine)
        self.assertEqual(
            "[fencing] member_drivers: what agent proves does not last; "
            "name port, too, after it",
            str(error),
        )

    def test_keys_that_are_too_short(self) -> None:
        self.agents(key="ab")
        error = self.assertRaises(errors.Refused, self.engine)
        self.assertIn("fewer than 32", str(error))

    def test_fencing_by_agents_that_nobody_hears(self) -> None:
        for name in wiring.AGENTS_FENCE:
            self.configure(f"[fencing]\nhost_drivers = {name}\n")
            error = self.assertRaises(errors.Refused, self.engine)
            self.assertIn("bind_port", str(error))
        self.configure("[fencing]\nmember_drivers = agent, port\n")
        error = self.assertRaises(errors.Refused, self.engine)
        self.assertIn("member_drivers: agent needs the agents", str(error))

    def test_fencing_that_nobody_brings(self) -> None:
        self.configure("[fencing]\nhost_drivers = magic\n")
        error = self.assertRaises(stevedore_errors.NoMatches, self.engine)
        self.assertIn("magic", str(error))


class TestStates(WiringCase):
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


class TestCloud(WiringCase):
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
