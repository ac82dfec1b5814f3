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

"""Tests of what an engine can be asked over RPC, and of its refusals."""

from __future__ import annotations

from collections.abc import Callable
import dataclasses
from typing import Any

from nham.core import model
from nham.core import states
from nham.engine import requests
from nham.rpc import errors
from nham.simulate import lab
from nham.tests.unit.engine import base
from nham.tests.unit.engine import test_discover

State = states.CheckpointState
#: As from a descriptor that gives its mechanism.
GIVEN = lab.policy_bytes(
    {
        "VDU1": dataclasses.replace(
            base.POLICY, probes=(), given=frozenset({"redundancy"})
        ).to_dict()
    }
).decode()
VNFD = lab.policy_bytes({"VDU1": base.POLICY.to_dict()}).decode()


class RequestsCase(base.WholeCase):
    """A stateful VNF with a VNFC on each of two hosts; all is well."""

    read = staticmethod(test_discover.read)

    def setUp(self) -> None:
        super().setUp()
        self.woken = 0
        self.requests = requests.Requests(self.engine, self.wake)
        self.instance = self.add_vnf(
            hosts=("one", "two"), policy=base.STATEFUL
        )
        self.engine.poll()
        self.look(5.0)

    def wake(self) -> None:
        """Count how often discovery is to run at once."""
        self.woken += 1

    def refused(
        self,
        kind: type[errors.EngineError],
        call: Callable[..., Any],
        *args: Any,
    ) -> str:
        """Return the sentence of a refusal of exactly this kind."""
        error = self.assertRaises(errors.EngineError, call, *args)
        self.assertIs(kind, type(error))
        return str(error)

    def state(self, checkpoint: model.Checkpoint) -> State:
        """Return a checkpoint's state now."""
        return self.store.checkpoint(checkpoint.id).state


class TestCheckpoints(RequestsCase):
    """Checkpoints on demand."""

    def test_create(self) -> None:
        [found] = self.requests.export_vnf_state("v", "v/1")
        checkpoint = self.store.checkpoint(found)
        self.assertEqual("v/1", checkpoint.group_id)
        self.assertEqual("demand", checkpoint.trigger)

    def test_create_for_the_whole_vnf(self) -> None:
        found = self.requests.export_vnf_state("v", None)
        groups = [self.store.checkpoint(one).group_id for one in found]
        self.assertEqual(["v/0", "v/1"], groups)

    def test_create_for_nobody(self) -> None:
        create = self.requests.export_vnf_state
        self.refused(errors.NotFound, create, "x", None)
        self.refused(errors.NotFound, create, "v", "x")

    def test_create_is_refused(self) -> None:
        create = self.requests.export_vnf_state
        self.claim()
        why = self.refused(errors.Conflict, create, "v", "v/0")
        self.assertEqual("a recovery of it is running", why)
        self.store.set_vnf_state("v", states.VnfState.UNPROTECTED)
        why = self.refused(errors.Conflict, create, "v", "v/1")
        self.assertEqual("it is not protected", why)

    def test_create_when_nova_is_down(self) -> None:
        self.world.api_down("nova", 60.0)
        create = self.requests.export_vnf_state
        why = self.refused(errors.NoAnswer, create, "v", "v/0")
        self.assertEqual("nova is down", why)

    def test_create_when_the_server_is_gone(self) -> None:
        self.world.delete_server_behind(self.server_id())
        self.clock.advance(5.0)
        create = self.requests.export_vnf_state
        self.refused(errors.NotFound, create, "v", "v/0")

    def test_delete(self) -> None:
        checkpoint = self.add_checkpoint()
        self.requests.delete_checkpoint(checkpoint.id)
        self.assertIs(State.DELETING, self.state(checkpoint))

    def test_delete_is_refused(self) -> None:
        delete = self.requests.delete_checkpoint
        self.refused(errors.NotFound, delete, "x")
        checkpoint = self.add_checkpoint(state=State.CREATING)
        self.refused(errors.Conflict, delete, checkpoint.id)
        self.assertIs(State.CREATING, self.state(checkpoint))

    def test_restore(self) -> None:
        checkpoint = self.add_checkpoint()
        found = self.requests.import_vnf_state(checkpoint.id)
        self.assertEqual([found], self.started)
        recovery = self.store.recovery(found)
        self.assertEqual(
            ("restore", "v/0"), (recovery.rule, recovery.group_id)
        )
        self.assertIn("asked for by an operator", recovery.reasons)
        restore = self.requests.import_vnf_state
        self.refused(errors.Conflict, restore, checkpoint.id)

    def test_restore_of_what_is_not_available(self) -> None:
        restore = self.requests.import_vnf_state
        self.refused(errors.NotFound, restore, "x")
        for value, state in enumerate(State):
            if state is not State.AVAILABLE:
                checkpoint = self.add_checkpoint(value, state=state)
                why = self.refused(errors.Conflict, restore, checkpoint.id)
                self.assertEqual(f"the checkpoint is {state.value}", why)
        self.assertEqual([], self.started)


class TestFailback(RequestsCase):
    """A VNFC that NHAM's own server serves, and another."""

    def setUp(self) -> None:
        super().setUp()
        self.asked: list[str] = []
        self.engine.failback = self.failback  # type: ignore[method-assign]

    def failback(self, group_id: str, reason: str) -> model.Recovery:
        """Note whose failback is asked for."""
        self.asked.append(group_id)
        return self.claim(
            id=f"r-{group_id}", group_id=group_id, reasons=(reason,)
        )

    def test_only_of_those_that_are_away(self) -> None:
        begin = self.requests.failback_vnf
        self.refused(errors.NotFound, begin, "x", None)
        why = self.refused(errors.Conflict, begin, "v", None)
        self.assertIn("serve already", why)
        member = self.store.members(group_id="v/1")[0]
        self.store.save_member(dataclasses.replace(member, kind="server"))
        [found] = begin("v", None)
        self.assertEqual("v/1", self.store.recovery(found).group_id)
        begin("v", "v/0")
        self.assertEqual(["v/1", "v/0"], self.asked)


class TestVnfs(RequestsCase):
    """VNFs that are registered, protected and let go."""

    def register(
        self, vnfd: str = VNFD, vdu: str = "VDU1", server_id: str = ""
    ) -> str:
        """Register a VNF of one server."""
        if not server_id:
            image_id = self.world.add_image()
            server_id = self.world.add_server("s", "three", image_id)
        servers = {vdu: [server_id]}
        return self.requests.register_vnf("mine", "project", vnfd, servers)

    def test_register_and_unregister(self) -> None:
        vnf_id = self.register()
        [group] = self.store.groups(vnf_id=vnf_id)
        self.assertTrue(self.watch.view(group.id).probed)
        self.requests.unregister_vnf(vnf_id)
        self.assertFalse(self.watch.view(group.id).probed)
        self.assertEqual(["v"], [vnf.id for vnf in self.store.vnfs()])

    def test_register_is_refused(self) -> None:
        broken = test_discover.BROKEN.decode()
        why = self.refused(errors.BadRequest, self.register, broken)
        self.assertIn("is no map", why)
        self.assertIn("; ", why)
        self.refused(errors.NotFound, self.register, VNFD, "VDU1", "x")
        # The server of the bus makes a BadRequest of it.
        self.assertRaises(ValueError, self.register, VNFD, "VDU9")

    def test_protect(self) -> None:
        self.requests.protect_vnf("v", VNFD)
        self.assertEqual((base.POLICY,), self.store.vnf("v").policies)
        self.requests.protect_vnf("v", None)
        self.assertEqual((base.STATEFUL,), self.store.vnf("v").policies)
        self.assertEqual(2, self.woken)

    def test_protect_is_refused(self) -> None:
        protect = self.requests.protect_vnf
        self.refused(errors.NotFound, protect, "x", VNFD)
        self.world.api_down("tacker", 60.0)
        self.refused(errors.NoAnswer, protect, "v", None)
        self.assertEqual(0, self.woken)

    def test_set(self) -> None:
        self.requests.protect_vnf("v", GIVEN)
        self.requests.set_vnf("v", None, {"priority": 7}, [], "ann")
        [policy] = self.store.vnf("v").policies
        self.assertEqual(7, policy.priority)
        self.assertEqual(7, self.engine.fleet[0].policy.priority)

    def test_set_is_refused(self) -> None:
        set_vnf = self.requests.set_vnf
        self.refused(errors.NotFound, set_vnf, "x", None, {"sal": 1}, [], "")
        # The server of the bus makes a BadRequest of it.
        self.assertRaises(ValueError, set_vnf, "v", None, {}, [], "ann")

    def test_rediscover(self) -> None:
        before = len(self.world.gates.log)
        self.requests.rediscover("any")
        self.assertEqual(1, self.woken)
        self.assertEqual(before, len(self.world.gates.log))

    def test_probes(self) -> None:
        self.world.hang_app(self.server_id("v/1"))
        self.look(base.SILENCE)
        found = self.requests.probes("v")
        self.assertEqual(["v/0", "v/1"], sorted(found))
        self.assertEqual(
            [("ok", "ok"), ("dead", "ok")],
            [(one["app"], one["icmp"]) for one in found.values()],
        )
        seen = self.watch.view("v/1")
        self.assertEqual(seen.last_good_at, found["v/1"]["last_good_at"])
        self.assertEqual(list(seen.evidence), found["v/1"]["evidence"])
        self.assertEqual({}, self.requests.probes("x"))


class TestHostFenced(RequestsCase):
    """An operator's word that a host is off."""

    def test_is_written_down(self) -> None:
        self.store.save_host(model.HostRecord(name="one", forced_down=True))
        self.requests.host_fenced("one", "cable pulled", "ann")
        self.assertEqual(
            model.HostRecord(
                name="one",
                fenced_at=self.clock.now(),
                proof="operator ann: cable pulled",
                forced_down=True,
            ),
            self.store.host("one"),
        )
        event = self.store.events()[-1]
        self.assertEqual(("host-fenced", "one"), (event.kind, event.host))
        self.assertIn("ann: cable pulled", event.message)

    def test_host_that_nobody_knows(self) -> None:
        fenced = self.requests.host_fenced
        self.refused(errors.NotFound, fenced, "four", "off", "ann")
        self.assertIsNone(self.store.host("four"))
