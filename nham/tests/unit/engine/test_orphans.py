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


"""What nobody owns is removed, and nothing else ever."""

from __future__ import annotations

from hypothesis import given
from hypothesis import settings
from hypothesis import strategies as st

from nham.adapters.simulated import storage
from nham.adapters.vim import tags
from nham.core import model
from nham.core import states
from nham.engine import orphans
from nham.recovery import replica_steps
from nham.tests.unit.engine import replica_case

GRACE = 300.0


class CollectorTest(replica_case.ReplicaCase):
    """A standby whose server was left behind."""

    def setUp(self) -> None:
        super().setUp()
        self.collector = orphans.Collector(self.context, self.journal, GRACE)
        self.mark = tags.of_owner("s")
        self.vim.tag_server(self.ours, ("nham", self.mark))
        [port] = self.vim.ports(self.ours)
        self.port = self.world.neutron.port(port.id)
        self.port.description = self.mark

    def leave(self) -> None:
        """Let the standby retire, as if its server had been removed."""
        self.change("s", role=states.Role.RETIRED)

    def collect(self, wait: float = 0.0) -> None:
        """Let time pass, and look once."""
        self.clock.advance(wait)
        self.collector.run()

    def left(self) -> tuple[list[str], list[str], list[str]]:
        """Return the names of NHAM's servers, ports and addresses."""
        neutron = self.world.neutron
        servers = self.vim.find_servers("nham-s")
        return (
            [one.name for one in servers],
            [p.name for p in neutron.ports.values() if "nham" in p.name],
            [
                f.name
                for f in neutron.floating_ips.values()
                if "nham" in f.name
            ],
        )

    def test_server_port_and_address(self) -> None:
        name = replica_steps.access_name("s")
        self.vim.create_floating_ip(self.service_id, name)
        self.leave()
        self.collect()
        self.collect(GRACE)
        self.collect(5.0)
        group = replica_steps.access_name("v/0")
        self.assertEqual(([], [], [group]), self.left())
        said = [e for e in self.store.events() if e.kind == "orphan-removed"]
        self.assertEqual(3, len(said))
        self.assertIn(self.ours, said[0].message)

    def volume(self, mark: str) -> storage.Volume:
        """Make a volume of the member's name."""
        made = self.world.storage.add_volume(7)
        made.name, made.description = "nham-s", mark
        return made

    def test_volume_and_what_it_was_made_of(self) -> None:
        self.leave()
        theirs = self.world.storage.add_volume(0)
        for mark in (self.mark, "nham", tags.of_owner("t")):
            self.volume(mark)
            self.vim.create_snapshot(theirs.id, "nham-s", mark)
        self.collect()
        self.collect(GRACE)
        self.collect(5.0)
        for kept in (
            self.vim.find_volumes("nham-s"),
            self.vim.find_snapshots("nham-s"),
        ):
            self.assertEqual(
                {"nham", tags.of_owner("t")},
                {one.description for one in kept},
            )
        self.assertEqual(([], []), self.left()[:2])
        self.collect()
        self.assertNotIn("s", [t.id for t in self.store.ownerless()])

    def test_volume_waits_for_the_checkpoints_that_were_taken_of_it(
        self,
    ) -> None:
        volume = self.volume(self.mark)
        saved = self.vim.create_snapshot(volume.id, "nham-c", "nham")
        self.leave()
        self.collect()
        self.collect(GRACE)
        self.collect(GRACE)
        self.assertEqual(1, len(self.vim.find_volumes("nham-s")))
        self.vim.delete_snapshot(saved)
        self.collect(5.0)
        self.assertEqual([], list(self.vim.find_volumes("nham-s")))

    def test_volume_goes_with_the_server_that_boots_from_it(self) -> None:
        volume = self.volume(self.mark)
        volume.status = "in-use"
        self.world.nova.servers[self.ours].volumes = [volume.id]
        self.leave()
        self.collect()
        self.collect(GRACE)
        self.clock.advance(5.0)
        self.assertEqual([], list(self.vim.find_volumes("nham-s")))

    def test_volume_that_a_server_still_has(self) -> None:
        self.leave()
        volume = self.volume(self.mark)
        volume.status = "in-use"
        self.collect()
        self.collect(GRACE)
        self.collect(5.0)
        self.assertEqual(([], []), self.left()[:2])
        self.assertEqual(1, len(self.vim.find_volumes("nham-s")))
        volume.status = "available"
        self.collect()
        self.assertEqual([], list(self.vim.find_volumes("nham-s")))

    def test_group_is_gone(self) -> None:
        self.store.delete_group("v/0")
        self.collect()
        self.collect(GRACE)
        self.collect(5.0)
        self.assertEqual(([], [], []), self.left())
        self.assertIsNotNone(self.vim.server(self.theirs))

    def test_the_trace_ends_with_a_look_that_finds_nothing(self) -> None:
        self.leave()
        self.collect()
        for kept in (["s"], ["s"], []):
            self.collect(GRACE)
            known = [trace.id for trace in self.store.ownerless()]
            self.assertEqual(kept, known)

    def test_not_before_the_time_of_grace(self) -> None:
        self.collect(10 * GRACE)
        self.leave()
        before = self.left()
        self.collect(GRACE)
        self.collect(GRACE - 1.0)
        self.assertEqual(before, self.left())
        self.collect(1.0)
        self.assertEqual("deleting", self.vim.server(self.ours).task_state)

    def test_member_of_a_group_stays(self) -> None:
        before = self.left()
        self.collect()
        self.collect(GRACE)
        self.assertEqual(before, self.left())

    def test_server_without_its_mark_stays(self) -> None:
        self.leave()
        self.collect()
        for found in ((), ("nham",), ("nham", tags.of_owner("t"))):
            self.vim.tag_server(self.ours, found)
            self.collect(GRACE)
            self.assertEqual("ACTIVE", self.vim.server(self.ours).status)

    def test_port_without_its_mark_stays(self) -> None:
        self.port.description = "nham"
        self.leave()
        self.collect()
        self.collect(GRACE)
        self.collect(5.0)
        self.assertEqual(([], ["nham-s-0"]), self.left()[:2])

    def test_error_of_the_cloud(self) -> None:
        self.leave()
        self.collect()
        self.world.api_error_once("nova", "delete_server")
        self.collect(GRACE)
        self.assertEqual("ACTIVE", self.vim.server(self.ours).status)
        self.collect()
        self.assertEqual("deleting", self.vim.server(self.ours).task_state)

    def test_one_on_a_dead_host_is_asked_for_once(self) -> None:
        self.world.kill_compute("two")
        self.leave()
        self.collect()
        self.collect(GRACE)
        self.collect()
        self.collect()
        asked = [r for r in self.world.gates.log if r.call == "delete_server"]
        self.assertEqual(1, len(asked))


NAMES = st.sampled_from(["nham-s", "nham-t", "nham-s-0", "web"])
MARKS = st.sampled_from(
    [tags.of_owner("s"), tags.of_owner("t"), "nham", "nham-member-x", ""]
)
THINGS = st.lists(st.tuples(NAMES, MARKS), max_size=6)


class OthersTest(replica_case.ReplicaCase):
    """Whatever else is in the cloud stays there."""

    standby = False

    @settings(max_examples=25, deadline=None)
    @given(servers=THINGS, ports=THINGS, retired=st.booleans())
    def test_only_what_bears_our_mark_and_is_in_our_record(
        self,
        servers: list[tuple[str, str]],
        ports: list[tuple[str, str]],
        retired: bool,
    ) -> None:
        collector = orphans.Collector(self.context, self.journal, GRACE)
        self.store.end_trace("s")
        role = states.Role.RETIRED if retired else states.Role.STANDBY
        self.save_own("s", "nham-s", role)
        self.save_own("t", "nham-t", states.Role.STANDBY)
        made = {
            self.add_server(name, mark): (name, mark) for name, mark in servers
        }
        opened = {
            self.add_port(name, mark): (name, mark) for name, mark in ports
        }
        for wait in (0.0, GRACE, 5.0, 5.0):
            self.clock.advance(wait)
            collector.run()
        self.clock.advance(5.0)
        there = {one.id for one in self.vim.changed_servers(None)}
        gone = [made[one] for one in made if one not in there]
        ours = ("nham-s", tags.of_owner("s"))
        wanted = [ours] * servers.count(ours) if retired else []
        self.assertEqual(wanted, gone)
        left = self.world.neutron.ports
        lost = {opened[one] for one in opened if one not in left}
        mine = ("nham-s-0", tags.of_owner("s"))
        expected = {mine} & set(ports) if retired else set()
        self.assertEqual(expected, lost)
        self.assertIn(self.port_id, left)
        self.tidy([*made], [*opened])

    def save_own(self, id_: str, name: str, role: states.Role) -> None:
        """Write down a member that is NHAM's own server."""
        self.store.save_member(
            model.Member(
                id=id_,
                group_id="v/0",
                server_id="",
                role=role,
                kind="server",
                name=name,
            )
        )

    def add_server(self, name: str, mark: str) -> str:
        """Add a server with a tag to the cloud."""
        server_id = self.world.add_server(name, "one")
        self.vim.tag_server(server_id, [mark] if mark else [])
        return server_id

    def add_port(self, name: str, mark: str) -> str:
        """Add a port with a description to the cloud."""
        return self.vim.copy_port(self.port_id, name, mark)

    def tidy(self, servers: list[str], ports: list[str]) -> None:
        """Remove what an example added."""
        for server_id in servers:
            self.world.nova.servers.pop(server_id, None)
        for port_id in ports:
            self.vim.delete_port(port_id)
