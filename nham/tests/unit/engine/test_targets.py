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

"""Whom to ask for a member."""

from __future__ import annotations

import dataclasses

from nham.adapters.probes import base as probes
from nham.adapters.vim import base as vim_base
from nham.core import descriptor
from nham.engine import targets
from nham.tests import base

ORIGIN = probes.Origin("p", "1")
OTHER = probes.Origin("q", "1")
ADDRESSES = (
    vim_base.Address(network="net", ip="10.0.0.5"),
    vim_base.Address(network="net", ip="192.0.2.5", kind="floating"),
    vim_base.Address(network="other", ip="10.1.0.5"),
)
POLICY = descriptor.ResiliencyPolicy(
    name="p",
    targets=("VDU1",),
    detection=descriptor.Detection(probe_from="port"),
    probes=(
        descriptor.ProbeSpec(type="http", port=80, network="net"),
        descriptor.ProbeSpec(type="tcp", port=22, network="other"),
    ),
)


class FromPortTest(base.TestCase):
    """A member on two networks, asked from a port on each."""

    def asked(
        self,
        origins: dict[str, probes.Origin],
        policy: descriptor.ResiliencyPolicy = POLICY,
    ) -> list[tuple[str, str, str, probes.Origin | None]]:
        """Return who is asked, and from where."""
        member = targets.Watched(
            group_id="g", policy=policy, addresses=ADDRESSES, origins=origins
        )
        return [
            (one.key, one.kind, one.address, one.origin)
            for one in targets.of_member(member)
        ]

    def test_by_its_own_address_on_the_network_of_the_probe(self) -> None:
        self.assertEqual(
            [
                ("g/0", "icmp", "10.0.0.5", ORIGIN),
                ("g/1", "http", "10.0.0.5", ORIGIN),
                ("g/2", "tcp", "10.1.0.5", OTHER),
            ],
            self.asked({"10.0.0.5": ORIGIN, "10.1.0.5": OTHER}),
        )

    def test_nobody_asks_from_elsewhere(self) -> None:
        self.assertEqual([], self.asked({}))

    def test_the_guest_is_asked_or_nobody(self) -> None:
        """Else an application would be taken for its guest."""
        self.assertEqual([], self.asked({"10.1.0.5": OTHER}))
        self.assertEqual(2, len(self.asked({"10.0.0.5": ORIGIN})))

    def test_the_engine_asks_by_the_floating_address(self) -> None:
        policy = dataclasses.replace(POLICY, detection=descriptor.Detection())
        self.assertEqual(
            ("g/0", "icmp", "192.0.2.5", None), self.asked({}, policy)[0]
        )
