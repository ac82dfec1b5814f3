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


"""The commands against the real API, as a person and as a program."""

from __future__ import annotations

import argparse
import contextlib
import io
import json
from typing import Any
from unittest import mock

from osc_lib import exceptions

from nham.core import model
from nham.core import states
from nham.osc import plugin
from nham.osc.v1 import base as commands
from nham.osc.v1 import checkpoint
from nham.osc.v1 import control
from nham.osc.v1 import event
from nham.osc.v1 import host
from nham.osc.v1 import vnf
from nham.tests.unit.db import base as records
from nham.tests.unit.sdk import base

SUCCEEDED = states.RecoveryState.SUCCEEDED


class CommandCase(base.ClientCase):
    """Runs commands as OpenStackClient does."""

    def setUp(self) -> None:
        super().setUp()
        self.given_vnf(
            "v1", project_id="noauth", state=states.VnfState.PROTECTED
        )
        self.replace("nham.osc.v1.base.PAUSE", 0.01)

    def run_it(self, kind: type[Any], *arguments: str) -> str:
        """Return what a command prints."""
        app = mock.Mock()
        app.client_manager.nham = self.proxy
        app.stdout = io.StringIO()
        made = kind(app, None)
        parser = made.get_parser("openstack nham")
        made.run(parser.parse_args(list(arguments)))
        printed: str = app.stdout.getvalue()
        return printed

    def as_json(self, kind: type[Any], *arguments: str) -> Any:
        """Return what a command gives to a program."""
        return json.loads(self.run_it(kind, "-f", "json", *arguments))


class VnfTest(CommandCase):
    """openstack nham vnf ..."""

    def test_list(self) -> None:
        self.assertEqual(
            [
                {
                    "ID": "v1",
                    "Name": "name of v1",
                    "Source": "manual",
                    "State": "protected",
                    "Reason": "",
                    "Mechanism": ["0R"],
                    "VNFCs": ["VDU1-0"],
                    "Newest checkpoint age": 999.0,
                }
            ],
            self.as_json(vnf.ListVnf),
        )
        (row,) = self.as_json(vnf.ListVnf, "--long", "--all-projects")
        self.assertEqual("1970-01-01T00:16:40.500Z", row["Created at"])
        self.assertIn("999.0 s", self.run_it(vnf.ListVnf))

    def test_show(self) -> None:
        found = self.as_json(vnf.ShowVnf, "name of v1")
        self.assertEqual(
            "v1-c1", found["Groups"][0]["newest_checkpoint"]["id"]
        )
        text = self.run_it(vnf.ShowVnf, "v1")
        self.assertIn("VDU1-0 (0R) id v1-g: no server;", text)
        self.assertIn("p for VDU1: 0R", text)
        level = "VDU1-0: declared none, reachable 3 (19.7 s), not measured yet"
        self.assertIn(level, text)
        self.assertEqual(3, found["SAL"][0]["reachable"])

    def test_register(self) -> None:
        path = self.temp_dir() / "vnfd.yaml"
        path.write_text("text")
        self.engine.register_vnf.return_value = "v1"
        servers = ["--server", "VDU1=s1", "--server", "VDU1=s2"]
        self.run_it(vnf.RegisterVnf, "--descriptor", str(path), *servers, "fw")
        self.engine.register_vnf.assert_called_once_with(
            name="fw",
            project_id="noauth",
            descriptor="text",
            servers={"VDU1": ["s1", "s2"]},
        )

    def test_register_wrongly(self) -> None:
        for path, server in (("/nonexistent", "A=b"), (__file__, "A")):
            with self.assertRaises(exceptions.CommandError):
                self.run_it(
                    vnf.RegisterVnf,
                    "--descriptor",
                    path,
                    "--server",
                    server,
                    "fw",
                )

    def test_pause_and_resume(self) -> None:
        found = self.as_json(vnf.PauseVnf, "v1")
        self.assertEqual(("paused", True), (found["State"], found["Paused"]))
        found = self.as_json(vnf.ResumeVnf, "name of v1")
        self.assertEqual("protected", found["State"])

    def test_set(self) -> None:
        values = (
            "redundancy=1R-AS",
            "probes[0].port=80",
            "detection.poll_interval=250 ms",
            "escalation=[vm, host]",
            "stateful=true",
            "token=2020-01-01",
            "path=/?a=b",
        )
        options = [text for value in values for text in ("--property", value)]
        found = self.as_json(vnf.SetVnf, "v1", *options, "--unset", "sal")
        self.assertEqual("v1", found["ID"])
        self.engine.set_vnf.assert_called_with(
            "v1",
            None,
            {
                "redundancy": "1R-AS",
                "probes[0].port": 80,
                "detection.poll_interval": "250 ms",
                "escalation": ["vm", "host"],
                "stateful": True,
                "token": "2020-01-01",
                "path": "/?a=b",
            },
            ["sal"],
            mock.ANY,
        )
        self.as_json(vnf.SetVnf, "v1", "--vdu", "VDU1", "--unset", "sal")
        self.engine.set_vnf.assert_called_with(
            "v1", "VDU1", {}, ["sal"], mock.ANY
        )

    def test_set_wrongly(self) -> None:
        for values, told in (
            (["sal"], "--property sal: must be <path>=<value>"),
            (["=1"], "--property =1: must be <path>=<value>"),
            (["sal=1", "sal=2"], "--property sal: given twice"),
            (["sal=["], "--property sal: "),
        ):
            options = [t for value in values for t in ("--property", value)]
            refusal = self.assertRaises(
                exceptions.CommandError,
                self.as_json,
                vnf.SetVnf,
                "v1",
                *options,
            )
            self.assertIn(told, str(refusal))
        self.engine.set_vnf.assert_not_called()

    def test_switchover(self) -> None:
        self.engine.switchover_vnf.return_value = []
        self.assertEqual([], self.as_json(vnf.SwitchoverVnf, "v1"))
        self.engine.switchover_vnf.assert_called_with("v1", None)
        self.as_json(vnf.SwitchoverVnf, "v1", "--vnfc", "VDU1-0")
        self.engine.switchover_vnf.assert_called_with("v1", "v1-g")
        self.assertRaisesRegex(
            exceptions.CommandError,
            "--vnfc VDU7-0: .* has no such",
            self.as_json,
            vnf.SwitchoverVnf,
            "v1",
            "--vnfc",
            "VDU7-0",
        )

    def test_failback(self) -> None:
        self.engine.failback_vnf.return_value = []
        self.assertEqual([], self.as_json(vnf.FailbackVnf, "v1"))
        self.engine.failback_vnf.assert_called_with("v1", None)
        self.as_json(vnf.FailbackVnf, "v1", "--vnfc", "VDU1-0")
        self.engine.failback_vnf.assert_called_with("v1", "v1-g")

    def test_protect_and_unregister(self) -> None:
        self.run_it(vnf.ProtectVnf, "v1")
        self.engine.protect_vnf.assert_called_once_with("v1", None)
        self.run_it(vnf.UnregisterVnf, "name of v1")
        self.engine.unregister_vnf.assert_called_once_with("v1")


class CheckpointTest(CommandCase):
    """openstack nham checkpoint ..."""

    def test_list_and_show(self) -> None:
        (row,) = self.as_json(checkpoint.ListCheckpoint, "--vnf", "v1")
        self.assertEqual(("v1-c1", 7), (row["ID"], row["Size"]))
        options = ("--state", "failed", "--long", "--all-projects")
        self.assertEqual([], self.as_json(checkpoint.ListCheckpoint, *options))
        found = self.as_json(checkpoint.ShowCheckpoint, "v1-c1")
        self.assertEqual("sha", found["Digest"])

    def test_create_and_wait(self) -> None:
        creating = states.CheckpointState.CREATING
        self.store.add_checkpoint(records.make_checkpoint(2, state=creating))
        self.engine.export_vnf_state.return_value = ["v1-c2"]
        (row,) = self.as_json(checkpoint.CreateCheckpoint, "v1")
        self.assertEqual("creating", row["State"])
        told = self._wait(
            lambda: self.store.update_checkpoint(records.make_checkpoint(2)),
            checkpoint.CreateCheckpoint,
            "v1",
            "--wait",
        )
        self.assertIn("0 of 1 checkpoints done", told)

    def test_one_that_failed(self) -> None:
        failed = states.CheckpointState.FAILED
        self.store.add_checkpoint(
            records.make_checkpoint(2, state=failed, reason="torn")
        )
        self.engine.export_vnf_state.return_value = ["v1-c2"]
        with self.assertRaisesRegex(exceptions.CommandError, "torn"):
            self.run_it(checkpoint.CreateCheckpoint, "v1", "--wait")

    def test_delete(self) -> None:
        self.run_it(checkpoint.DeleteCheckpoint, "v1-c1")
        self.engine.delete_checkpoint.assert_called_once_with("v1-c1")

    def test_restore_and_wait(self) -> None:
        self.store.claim(records.make_recovery("r1"), 0)
        self.engine.import_vnf_state.return_value = "r1"
        self.store.step_started("r1", 0, 5.0, "e1", 1)
        told = self._wait(
            lambda: self.store.end_recovery("r1", SUCCEEDED, 9.0, "", "e1", 1),
            checkpoint.RestoreCheckpoint,
            "v1-c1",
            "--wait",
        )
        self.assertIn("0 reboot started", told)

    def test_restore_that_failed(self) -> None:
        self.store.claim(records.make_recovery("r1"), 0)
        failed = states.RecoveryState.FAILED
        self.store.end_recovery("r1", failed, 9.0, "no room", "e1", 1)
        self.engine.import_vnf_state.return_value = "r1"
        with self.assertRaisesRegex(exceptions.CommandError, "no room"):
            self.run_it(checkpoint.RestoreCheckpoint, "v1-c1", "--wait")

    def test_waiting_too_long(self) -> None:
        self.store.claim(records.make_recovery("r1"), 0)
        self.engine.import_vnf_state.return_value = "r1"
        with (
            contextlib.redirect_stderr(io.StringIO()),
            self.assertRaisesRegex(exceptions.CommandError, "not ended"),
        ):
            self.run_it(
                checkpoint.RestoreCheckpoint,
                "v1-c1",
                "--wait",
                "--timeout",
                "0.05",
            )

    def _wait(self, finish: Any, kind: type[Any], *arguments: str) -> str:
        """Return the progress of a command that ``finish`` ends."""
        told = io.StringIO()
        self.replace(
            "nham.osc.v1.base.time.sleep",
            autospec=True,
            side_effect=lambda _: finish(),
        )
        with contextlib.redirect_stderr(told):
            self.run_it(kind, *arguments)
        return told.getvalue()


class OthersTest(CommandCase):
    """openstack nham event and host ..."""

    def test_events(self) -> None:
        self.store.add_event(5.0, states.Severity.INFO, "test", "well", "v1")
        options = ("--after", "0", "--limit", "1", "--long")
        (row,) = self.as_json(event.ListEvent, *options)
        self.assertEqual(("well", "v1"), (row["Message"], row["VNF"]))

    def test_host(self) -> None:
        self.store.begin_maintenance("h1", 5.0, "a disk")
        self.engine.host_members.return_value = [
            {
                "vnf_id": "v1",
                "vnfc": "VDU1-0",
                "role": "primary",
                "stage": "stays",
                "reason": "0R: no other member can serve",
            }
        ]
        shown = self.as_json(host.ShowHost, "h1")
        self.assertEqual("a disk", shown["maintenance_reason"])
        self.assertIn("stays", str(shown["members"]))

    def test_control(self) -> None:
        self.assertFalse(self.as_json(control.Status)["paused"])
        shown = self.as_json(control.Pause, "--reason", "an upgrade")
        self.assertEqual("user noauth: an upgrade", shown["reason"])
        self.assertTrue(self.as_json(control.Status)["paused"])
        self.assertFalse(self.as_json(control.Resume)["paused"])

    def test_hosts(self) -> None:
        self.store.save_host(model.HostRecord(name="h1", proof="burnt"))
        (row,) = self.as_json(host.ListHost)
        self.assertEqual(("h1", "burnt"), (row["Name"], row["Proof"]))
        self.run_it(host.SetMaintenance, "h1", "--reason", "a disk")
        self.engine.begin_maintenance.assert_called_once_with(
            "h1", "a disk", "noauth"
        )
        self.run_it(host.UnsetMaintenance, "h1")
        self.engine.end_maintenance.assert_called_once_with("h1", "noauth")
        self.run_it(host.ReleaseHost, "h1")
        self.engine.release_host.assert_called_once_with("h1", "noauth")
        self.run_it(host.FencedHost, "h1", "--reason", "I saw it")
        self.engine.host_fenced.assert_called_once_with(
            "h1", "I saw it", "noauth"
        )


class PluginTest(base.ClientCase):
    """What OpenStackClient asks for."""

    def test_plugin(self) -> None:
        instance = mock.Mock(sdk_connection=self.connection)
        self.assertIs(self.proxy, plugin.make_client(instance))
        parser = plugin.build_option_parser(argparse.ArgumentParser())
        parsed = parser.parse_args([])
        self.assertEqual("1", getattr(parsed, plugin.API_VERSION_OPTION))

    def test_client_of(self) -> None:
        command = mock.Mock()
        self.assertIs(
            command.app.client_manager.nham, commands.client_of(command)
        )
