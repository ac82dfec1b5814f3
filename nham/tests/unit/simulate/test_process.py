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


"""A killed engine gets nothing out any more; what is read is fresh."""

from __future__ import annotations

from nham.adapters.simulated import vim
from nham.adapters.simulated import world as world_
from nham.core import model
from nham.core import states
from nham.db import errors
from nham.simulate import memory as memory_
from nham.simulate import process as process_
from nham.tests import base


class ProcessTest(base.TestCase):
    """What an engine reaches is behind its process."""

    def setUp(self) -> None:
        super().setUp()
        self.process = process_.Process("engine-1")
        self.world = world_.World()
        self.world.add_host("cmp1")
        self.server_id = self.world.add_server("one", "cmp1")
        self.cloud = process_.mortal(
            vim.SimulatedVim(self.world), self.process
        )
        self.memory = memory_.Memory()
        self.store = memory_.LabStore(self.memory, self.process)

    def test_the_dead_reach_nothing(self) -> None:
        self.assertEqual("ACTIVE", self.cloud.server(self.server_id).status)
        self.assertEqual([], list(self.store.vnfs()))
        self.process.kill()
        asked = len(self.world.gates.log)
        for call in (
            lambda: self.cloud.reboot(self.server_id, True),
            self.store.vnfs,
            lambda: self.store.set_setting("paused", "x"),
            lambda: self.store.engine_beat("engine-1", "host", 1.0),
        ):
            self.assertRaises(process_.Crash, call)
        self.assertEqual(asked, len(self.world.gates.log))
        self.assertIsNone(self.memory.store.setting("paused"))
        self.assertEqual({}, self.memory.beats)

    def test_it_dies_while_a_call_takes_its_time(self) -> None:
        self.world.api_slow("nova", 10.0, delay=2.0)
        self.world.clock.call_in(1.0, self.process.kill)
        self.assertRaises(
            process_.Crash, self.cloud.reboot, self.server_id, True
        )
        self.assertEqual("reboot", self.world.gates.log[-1].call)

    def test_moments(self) -> None:
        seen: list[str] = []
        self.process.on_moment = seen.append
        self.cloud.reboot(self.server_id, True)
        self.cloud.server(self.server_id)
        self.store.end_recovery(
            "r", states.RecoveryState.FAILED, 1.0, "", "e", 1
        )
        self.assertEqual(
            ["after reboot", "before end_recovery", "after end_recovery"],
            seen,
        )

    def test_each_write_is_read_by_all(self) -> None:
        other = memory_.LabStore(self.memory, process_.Process("engine-2"))
        self.assertEqual([], list(other.vnfs()))
        self.assertIsNone(other.host("cmp1"))
        vnf = model.Vnf(id="v", name="fw", source="tacker", project_id="p")
        self.store.save_vnf(vnf)
        self.store.save_host(model.HostRecord(name="cmp1", proof="off"))
        self.assertEqual(["fw"], [one.name for one in other.vnfs()])
        found = other.host("cmp1")
        self.assertEqual("off", found.proof if found else None)
        self.store.set_paused("v", True)
        self.assertTrue(other.vnf("v").paused)
        self.store.delete_vnf("v")
        self.assertEqual([], list(other.vnfs()))

    def test_the_database_is_down_for_all(self) -> None:
        self.store.vnfs()
        self.memory.down = True
        for call in (self.store.vnfs, lambda: self.store.engines_alive(0.0)):
            self.assertRaises(errors.DatabaseDown, call)
        self.memory.down = False
        self.assertEqual([], list(self.store.vnfs()))
