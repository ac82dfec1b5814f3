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


from __future__ import annotations

import dataclasses
from typing import Any

from nham.adapters import errors
from nham.adapters.hooks import base as hooks
from nham.adapters.vim import base as vim_base
from nham.core import descriptor
from nham.core import model
from nham.core import states
from nham.recovery import endpoints
from nham.tests import base as tests
from nham.tests.unit.recovery import replica_case

SERVICE = model.MovableAddress(id="s", ip="172.24.0.1")
ACCESS = model.MovableAddress(id="a", ip="172.24.0.2")


class OwnAddressTest(tests.TestCase):
    """Which address NHAM keeps pointed at a member."""

    def own(self, role: states.Role, **fields: Any) -> str | None:
        """Return the address of a member in that role."""
        group = model.Group(
            id="g", vnf_id="v", vnfc="VDU1-0", vdu="VDU1", **fields
        )
        member = model.Member(id="m", group_id="g", server_id="", role=role)
        found = endpoints.own_address(group, member)
        if found is None:
            return None
        self.assertEqual("floating", found.kind)
        return found.ip

    def test_by_role(self) -> None:
        both = {"service": SERVICE, "access": ACCESS}
        self.assertEqual(SERVICE.ip, self.own(states.Role.PRIMARY, **both))
        for role in (states.Role.STANDBY, states.Role.JOINING):
            self.assertEqual(ACCESS.ip, self.own(role, **both))

    def test_group_without_replicas(self) -> None:
        for role in states.Role:
            self.assertIsNone(self.own(role))


class AskedAddressTest(tests.TestCase):
    """At which floating address a member is probed."""

    def asked(self, role: states.Role, as_clients: bool) -> str | None:
        """Return that of a member with an access address of its own."""
        group = model.Group(
            id="g", vnf_id="v", vnfc="VDU1-0", vdu="VDU1", service=SERVICE
        )
        member = model.Member(
            id="m", group_id="g", server_id="", role=role, access=ACCESS
        )
        found = endpoints.asked_address(group, member, as_clients)
        return found.ip if found else None

    def test_where_clients_ask(self) -> None:
        self.assertEqual(SERVICE.ip, self.asked(states.Role.PRIMARY, True))
        self.assertEqual(ACCESS.ip, self.asked(states.Role.STANDBY, True))

    def test_where_nham_alone_asks(self) -> None:
        for role in (states.Role.PRIMARY, states.Role.STANDBY):
            self.assertEqual(ACCESS.ip, self.asked(role, False))


class PickTest(tests.TestCase):
    """Which of a server's addresses is asked."""

    def pick(self, network: str | None, *found: tuple[str, str, str]) -> Any:
        """Return the address that is picked of (network, ip, kind)."""
        picked = endpoints.pick_address(
            [vim_base.Address(network=n, ip=i, kind=k) for n, i, k in found],
            network,
        )
        return picked.ip if picked else None

    def test_floating_comes_first(self) -> None:
        both = (("a", "10.0.0.1", "fixed"), ("a", "172.24.0.1", "floating"))
        self.assertEqual("172.24.0.1", self.pick(None, *both))
        self.assertEqual("172.24.0.1", self.pick("a", *both))
        self.assertEqual("10.0.0.1", self.pick(None, both[0]))

    def test_of_the_network(self) -> None:
        both = (("a", "10.0.0.1", "floating"), ("b", "10.1.0.1", "fixed"))
        self.assertEqual("10.1.0.1", self.pick("b", *both))
        self.assertIsNone(self.pick("c", *both))

    def test_ipv6_is_passed_over(self) -> None:
        six = ("a", "2001:db8::1", "fixed")
        self.assertIsNone(self.pick(None, six))
        self.assertEqual(
            "10.0.0.1", self.pick(None, six, ("a", "10.0.0.1", "fixed"))
        )


class EndpointsTest(replica_case.ReplicaCase):
    """Where the hook of a server is."""

    def setUp(self) -> None:
        super().setUp()
        self.asked: list[str] = []
        self.locate = endpoints.Endpoints(
            self.store, self.context.vim, self.secret
        )

    def secret(self, name: str) -> str:
        """Return a token."""
        self.asked.append(name)
        return f"token of {name}"

    def set_hook(self, hook: descriptor.Hook | None) -> None:
        """Let the policy have this hook."""
        protection = dataclasses.replace(
            self.policy.state_protection, hook=hook
        )
        policy = dataclasses.replace(self.policy, state_protection=protection)
        vnf = self.store.vnf("v")
        self.store.save_vnf(dataclasses.replace(vnf, policies=(policy,)))

    def address(self, server_id: str) -> str:
        """Return where a server's hook is asked."""
        return self.locate(server_id)[0].address

    def floating(self, which: str) -> str:
        """Return the service or the access address of the group."""
        found: model.MovableAddress = getattr(self.store.group("g"), which)
        return found.ip

    def test_all_that_the_policy_says(self) -> None:
        self.set_hook(
            descriptor.Hook(
                port=99,
                export_path="/out",
                import_path="/in",
                token="mine",
                timeout=7.0,
                max_size=123,
            )
        )
        ip = self.world.neutron.floating_ip(self.service_id).ip
        self.assertEqual(
            (
                hooks.Endpoint(
                    address=ip,
                    port=99,
                    export_path="/out",
                    import_path="/in",
                    token="token of mine",
                    timeout=7.0,
                ),
                123,
            ),
            self.locate(self.server_id),
        )
        self.assertEqual(["mine"], self.asked)

    def test_no_token(self) -> None:
        self.assertIsNone(self.locate(self.server_id)[0].token)
        self.assertEqual([], self.asked)

    def test_members_of_a_replica_group(self) -> None:
        standby = self.make_standby()
        before = self.calls("server")
        self.assertEqual(
            self.floating("service"), self.address(self.server_id)
        )
        self.assertEqual(
            self.floating("access"), self.address(standby.server_id)
        )
        # An export each second asks the VNF, and not Nova.
        self.assertEqual(before, self.calls("server"))

    def test_after_a_fail_over(self) -> None:
        standby = self.make_standby()
        self.fail_over()
        self.assertEqual(
            self.floating("service"), self.address(standby.server_id)
        )

    def test_one_that_is_cut_off(self) -> None:
        """The access address may lead to the one that takes its place."""
        self.make_standby()
        self.fail_over()
        error = self.assertRaises(errors.Refused, self.locate, self.server_id)
        self.assertIn("is cut off", str(error))

    def test_network_that_is_named(self) -> None:
        self.make_standby()
        self.set_hook(descriptor.Hook(port=1, network="net0"))
        fixed = self.world.address(self.server_id)
        self.context.vim.point_floating_ip(self.service_id, None)
        self.assertEqual(fixed, self.address(self.server_id))

    def test_a_guest_needs_no_address(self) -> None:
        self.set_hook(
            descriptor.Hook(
                transport="guest_agent",
                export_command="/bin/out --name 'a b'",
                import_command="/bin/in",
                timeout=7.0,
                max_size=123,
            )
        )
        before = self.calls("server")
        self.assertEqual(
            (
                hooks.Endpoint(
                    guest=hooks.Guest(
                        server_id=self.server_id,
                        export_command=("/bin/out", "--name", "a b"),
                        import_command=("/bin/in",),
                    ),
                    timeout=7.0,
                ),
                123,
            ),
            self.locate(self.server_id),
        )
        self.assertEqual(before, self.calls("server"))
        self.make_standby()
        self.fail_over()
        self.assertRaises(errors.Refused, self.locate, self.server_id)

    def test_no_address_there(self) -> None:
        self.set_hook(descriptor.Hook(port=1, network="none"))
        error = self.assertRaises(errors.NotFound, self.locate, self.server_id)
        self.assertEqual("VDU1-0 has no address in none", str(error))

    def test_refusals(self) -> None:
        error = self.assertRaises(errors.Refused, self.locate, "stranger")
        self.assertIn("stranger is no member", str(error))
        self.set_hook(None)
        error = self.assertRaises(errors.Refused, self.locate, self.server_id)
        self.assertIn("VDU1-0 names no hook", str(error))
        vnf = self.store.vnf("v")
        self.store.save_vnf(dataclasses.replace(vnf, policies=()))
        self.assertRaises(errors.Refused, self.locate, self.server_id)
