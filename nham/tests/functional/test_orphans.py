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


"""What a killed engine asked for arrives when its group is gone already."""

from __future__ import annotations

from nham.adapters.simulated import vim
from nham.adapters.vim import tags
from nham.core import states
from nham.recovery import replica_steps
from nham.simulate import leftovers
from nham.tests.functional import replica_case as case_


class OrphanTest(case_.ReplicaCase):
    """An engine dies while it makes a standby; the VNF goes meanwhile."""

    def make_and_kill(self, moment: str) -> None:
        """Kill the engine at a moment of the standby's making."""
        self.bring_up(case_.ONE_R_AS, paused=True)
        self.kill_at(moment, 1, "make_standby")
        self.lab.store.set_setting("paused", None)
        dead = self.lab.run_until(lambda: not self.lab.alive, 200.0)
        self.assertTrue(dead, "the moment never came")

    def remove_vnf(self) -> None:
        """Let another engine see that the VNF is gone."""
        self.lab.start_engine()
        self.world.tacker.terminate(self.instance)
        gone = self.lab.run_until(lambda: not self.lab.store.vnfs(), 300.0)
        self.assertTrue(gone, "the VNF is still there")
        self.assertEqual([], [*leftovers.orphans(self.lab)])

    def test_what_was_asked_for_arrives_late(self) -> None:
        self.make_and_kill("after copy_port")
        member = next(
            m
            for m in self.lab.store.members()
            if m.role is states.Role.JOINING
        )
        group = self.lab.store.group(member.group_id)
        image = self.world.add_image()
        like = self.world.add_server("theirs", "cmp2", image)
        self.remove_vnf()
        # The call was on its way through Nova all the time.
        cloud = vim.SimulatedVim(self.world)
        mark = tags.of_owner(member.id)
        [first] = cloud.ports(like)
        port_id = cloud.copy_port(first.id, f"{member.name}-0", mark)
        made = cloud.copy_server(
            like,
            member.name,
            "cmp3",
            [port_id],
            tags=tags.of_member(group.vnf_id, member),
        )
        service = self.world.add_floating_ip(like)
        name = replica_steps.access_name(group.id)
        late = cloud.create_floating_ip(service, name)
        grace = self.lab.settings.orphan_grace
        self.lab.run(grace / 2)
        self.assertEqual(3, len([*leftovers.orphans(self.lab)]))
        self.lab.run(grace + 120.0)
        self.assertEqual([], [*leftovers.orphans(self.lab)])
        self.assertNotIn(port_id, self.world.neutron.ports)
        self.assertNotIn(late.id, self.world.neutron.floating_ips)
        events = self.lab.store.events(limit=1000)
        said = [e.message for e in events if e.kind == "orphan-removed"]
        self.assertEqual(3, len(said))
        self.assertEqual(1, sum(made in message for message in said))
        self.assertEqual("ACTIVE", cloud.server(like).status)
        self.assertEqual([], list(self.lab.store.ownerless()))

    def test_killed_between_the_request_and_the_record(self) -> None:
        """Its name is in the record, so the other engine finds it."""
        for moment in ("after copy_port", "after copy_server"):
            with self.subTest(moment=moment):
                self.make_and_kill(moment)
                self.remove_vnf()
                self.lab.run(self.lab.settings.orphan_grace + 120.0)
                self.assertEqual([], [*leftovers.orphans(self.lab)])
                self.assertEqual([], list(self.lab.store.ownerless()))
