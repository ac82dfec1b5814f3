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


"""The state of a VNF, in files of whoever asks."""

from __future__ import annotations

from osc_lib import exceptions

from nham.adapters.stores import database
from nham.core import descriptor
from nham.core import model
from nham.core import states
from nham.osc.v1 import state
from nham.tests.unit.db import base as records
from nham.tests.unit.osc import test_commands

POLICY = descriptor.ResiliencyPolicy(
    name="p",
    targets=("VDU1",),
    stateful=True,
    state_protection=descriptor.StateProtection(
        method="hook", hook=descriptor.Hook(port=8081)
    ),
)


class StateTest(test_commands.CommandCase):
    """openstack nham vnf state ..."""

    def setUp(self) -> None:
        super().setUp()
        self.store.save_vnf(
            records.make_vnf("v1", project_id="noauth", policies=(POLICY,))
        )
        self.store.save_member(
            model.Member(id="m", group_id="v1-g", server_id="s")
        )
        for _ in range(2):
            self.store.next_sequence("v1-g")
        self.path = self.temp_dir() / "state"

    def keep(self, data: bytes) -> None:
        """Keep a state that an engine exports when it is asked."""
        kept = database.DatabaseStore(self.store).put("state-2", data)
        part = model.Artifact(
            kind="state", id="state-2", digest=kept.digest, size=kept.size
        )
        fields = vars(records.make_checkpoint(2, artifacts=(part,)))
        self.store.add_checkpoint(
            model.Checkpoint(**{**fields, "engine": "hook"})
        )
        self.engine.export_vnf_state.return_value = ["v1-c2"]

    def test_export(self) -> None:
        self.keep(b"calls")
        (row,) = self.as_json(state.ExportVnfState, "v1")
        self.assertEqual(("v1-c2", "hook"), (row["ID"], row["Engine"]))
        self.engine.export_vnf_state.assert_called_with("v1", None)
        self.assertFalse(self.path.exists())

    def test_export_to_a_file(self) -> None:
        self.keep(b"calls")
        path = str(self.path)
        for options in (("--vnfc", "VDU1-0"), ()):
            self.path.unlink(missing_ok=True)
            self.as_json(state.ExportVnfState, "v1", "--file", path, *options)
            self.assertEqual(b"calls", self.path.read_bytes())
            self.assertEqual(0o600, self.path.stat().st_mode & 0o777)

    def test_export_that_fails(self) -> None:
        failed = states.CheckpointState.FAILED
        self.store.add_checkpoint(
            records.make_checkpoint(2, state=failed, reason="no answer")
        )
        self.engine.export_vnf_state.return_value = ["v1-c2"]
        with self.assertRaisesRegex(exceptions.CommandError, "no answer"):
            self.as_json(state.ExportVnfState, "v1", "--file", str(self.path))
        self.assertFalse(self.path.exists())

    def test_a_file_holds_one_state(self) -> None:
        self.store.save_group(
            model.Group(id="v1-h", vnf_id="v1", vnfc="VDU1-1", vdu="VDU1")
        )
        with self.assertRaisesRegex(exceptions.CommandError, "--vnfc"):
            self.as_json(state.ExportVnfState, "v1", "--file", str(self.path))
        self.engine.export_vnf_state.assert_not_called()

    def test_import(self) -> None:
        self.path.write_bytes(b"calls")
        self.store.claim(records.make_recovery("r1"), 0)
        self.engine.import_vnf_state.return_value = "r1"
        options = ("v1", "--vnfc", "VDU1-0", "--file", str(self.path))
        found = self.as_json(state.ImportVnfState, *options)
        self.assertEqual(("r1", "running"), (found["ID"], found["State"]))
        ((checkpoint_id,), _) = self.engine.import_vnf_state.call_args
        made = self.store.checkpoint(checkpoint_id)
        self.assertEqual("import", made.trigger)
        with self.assertRaisesRegex(exceptions.CommandError, "not ended"):
            self.as_json(
                state.ImportVnfState, *options, "--wait", "--timeout", "0"
            )

    def test_files_that_cannot_be_used(self) -> None:
        self.keep(b"calls")
        nowhere = "/nonexistent/state"
        with self.assertRaisesRegex(exceptions.CommandError, nowhere):
            self.as_json(state.ExportVnfState, "v1", "--file", nowhere)
        with self.assertRaisesRegex(exceptions.CommandError, nowhere):
            self.as_json(
                state.ImportVnfState,
                *("v1", "--vnfc", "VDU1-0", "--file", nowhere),
            )
        self.engine.import_vnf_state.assert_not_called()
