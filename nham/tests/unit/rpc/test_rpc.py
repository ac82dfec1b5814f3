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


"""The API asks and the engine answers, over the in-process transport."""

from __future__ import annotations

import threading
from unittest import mock

from oslo_config import cfg

from nham.rpc import client
from nham.rpc import errors
from nham.rpc import server
from nham.rpc import transport
from nham.tests import base


class RpcTest(base.TestCase):
    """Both sides in one process."""

    def setUp(self) -> None:
        super().setUp()
        conf = cfg.ConfigOpts()
        conf([], default_config_files=[])
        # All that is said in one process goes the same way; who has ended
        # may still listen for a moment.
        self.replace("nham.rpc.client.TOPIC", f"test-{self.id()}")
        self.transport = transport.make_transport(conf, "fake://")
        self.engine = mock.create_autospec(
            server.EngineEndpoint, instance=True
        )
        self.client = client.EngineClient(self.transport, timeout=5.0)

    def test_values(self) -> None:
        self._start()
        self.engine.export_vnf_state.return_value = ["c1", "c2"]
        self.assertEqual(["c1", "c2"], self.client.export_vnf_state("v"))
        self.engine.export_vnf_state.assert_called_once_with(
            vnf_id="v", group_id=None
        )
        self.engine.import_vnf_state.return_value = "r1"
        self.assertEqual("r1", self.client.import_vnf_state("c1"))
        self.engine.switchover_vnf.return_value = ["r2"]
        self.assertEqual(["r2"], self.client.switchover_vnf("v", "g"))
        self.engine.switchover_vnf.assert_called_once_with(
            vnf_id="v", group_id="g"
        )
        self.engine.failback_vnf.return_value = ["r3"]
        self.assertEqual(["r3"], self.client.failback_vnf("v"))
        self.engine.failback_vnf.assert_called_once_with(
            vnf_id="v", group_id=None
        )
        self.engine.probes.return_value = {"g": {"health": "ok"}}
        self.assertEqual({"g": {"health": "ok"}}, self.client.probes("v"))
        self.engine.register_vnf.return_value = "v2"
        made = self.client.register_vnf("n", "p", "text", {"VDU1": ("s1",)})
        self.assertEqual("v2", made)
        self.engine.register_vnf.assert_called_once_with(
            name="n",
            project_id="p",
            descriptor="text",
            servers={"VDU1": ["s1"]},
        )

    def test_commands(self) -> None:
        self._start()
        for name in (
            "delete_checkpoint",
            "unregister_vnf",
            "protect_vnf",
            "set_vnf",
            "host_fenced",
            "begin_maintenance",
            "end_maintenance",
            "release_host",
        ):
            getattr(self.engine, name).return_value = None
        self.client.delete_checkpoint("c1")
        self.client.unregister_vnf("v")
        self.client.protect_vnf("v", "text")
        self.client.set_vnf("v", "VDU1", {"sal": 1}, ("priority",), "ann")
        self.engine.set_vnf.assert_called_once_with(
            vnf_id="v",
            vdu="VDU1",
            properties={"sal": 1},
            unset=["priority"],
            user="ann",
        )
        self.client.host_fenced("h", "cable pulled", "ann")
        self.engine.host_fenced.assert_called_once_with(
            host="h", reason="cable pulled", user="ann"
        )
        self.client.begin_maintenance("h", "a disk", "ann")
        self.engine.begin_maintenance.assert_called_once_with(
            host="h", reason="a disk", user="ann"
        )
        self.client.end_maintenance("h", "ann")
        self.engine.end_maintenance.assert_called_once_with(
            host="h", user="ann"
        )
        self.client.release_host("h", "ann")
        self.engine.release_host.assert_called_once_with(host="h", user="ann")
        self.engine.host_members.return_value = [{"vnfc": "VDU1-0"}]
        self.assertEqual([{"vnfc": "VDU1-0"}], self.client.host_members("h"))

    def test_why(self) -> None:
        self._start()
        self.engine.why.return_value = [{"rule": "healthy"}]
        found = self.client.why("v", None, "all")
        self.assertEqual([{"rule": "healthy"}], found)
        self.engine.why.assert_called_once_with(
            vnf_id="v", group_id=None, fault="all"
        )

    def test_refusals(self) -> None:
        self._start()
        for raised, wanted in (
            (errors.NotFound("gone"), errors.NotFound("gone")),
            (errors.Conflict("busy"), errors.Conflict("busy")),
            (errors.NoAnswer("Nova is down"), errors.NoAnswer("Nova is down")),
            (ValueError("servers: none"), errors.BadRequest("servers: none")),
        ):
            with self.subTest(raised=raised):
                self.engine.unregister_vnf.side_effect = raised
                found = self._refused()
                self.assertIsInstance(found, type(wanted))
                self.assertEqual(wanted.message, found.message)

    def test_a_bug_in_the_engine(self) -> None:
        self._start()
        self.engine.unregister_vnf.side_effect = KeyError("secret")
        found = self._refused()
        self.assertEqual(500, found.code)
        self.assertNotIn("secret", found.message)

    def test_no_engine(self) -> None:
        impatient = client.EngineClient(self.transport, timeout=0.2)
        with self.assertRaises(errors.NoAnswer):
            impatient.unregister_vnf("v")

    def test_rediscover_does_not_wait(self) -> None:
        self._start()
        told = threading.Event()
        self.engine.rediscover.side_effect = lambda **_: told.set()
        self.client.rediscover("i1")
        self.assertTrue(told.wait(5.0))
        self.engine.rediscover.assert_called_once_with(instance_id="i1")

    def test_nothing_else_can_be_called(self) -> None:
        dispatch = server._Dispatch(self.engine)
        self.assertFalse(hasattr(dispatch, "close"))
        for name in server.OPERATIONS:
            self.assertTrue(hasattr(server.EngineEndpoint, name), name)
            self.assertTrue(hasattr(client.EngineClient, name), name)

    def _refused(self) -> errors.EngineError:
        try:
            self.client.unregister_vnf("v")
        except errors.EngineError as error:
            return error
        raise AssertionError("It was not refused")

    def _start(self) -> None:
        running = server.make_server(self.transport, self.engine, "e1")
        running.start()
        self.addCleanup(running.wait)
        self.addCleanup(running.stop)
