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

"""A replica group whose service address is moved in another way."""

from __future__ import annotations

import dataclasses

from nham.adapters.simulated import hook
from nham.adapters.traffic import fixed_ip
from nham.adapters.traffic import vip
from nham.core import descriptor
from nham.recovery import endpoints
from nham.tests.unit.recovery import replica_case


class MoverCase(replica_case.ReplicaCase):
    """The VNFC has a floating IP by which NHAM alone reaches it.

    :ivar address: what clients ask.
    """

    address: str

    def told(self) -> descriptor.ServiceAddress:
        """Return the policy's service address; clients ask ``address``."""
        raise NotImplementedError

    def build(self) -> None:
        """Make everything anew."""
        super().build()
        cloud = self.context.vim
        locate = endpoints.Endpoints(self.store, cloud, str)
        self.app = hook.SimulatedHook(self.world)
        self.replace_context(
            movers={
                "fixed_ip": fixed_ip.FixedIpMover(cloud),
                "vip": vip.VipMover(cloud, self.app, locate),
            }
        )
        self.policy = dataclasses.replace(
            self.policy, service_address=self.told()
        )
        vnf = self.store.vnf("v")
        self.store.save_vnf(dataclasses.replace(vnf, policies=(self.policy,)))

    def serving(self) -> str | None:
        """Return the server that a client gets to."""
        guest = self.world.physics.at(self.address)
        return None if guest is None else guest.server_id


class FixedIpCase(MoverCase):
    """Neutron gives the address to one port or another."""

    as_clients = False

    def told(self) -> descriptor.ServiceAddress:
        """See base class."""
        self.address = "10.203.0.50"
        return descriptor.ServiceAddress(
            driver="fixed_ip", address=self.address
        )


class VipCase(MoverCase):
    """The guest claims the address; a floating IP leads to it."""

    def told(self) -> descriptor.ServiceAddress:
        """See base class."""
        self.address = self.world.add_vip(self.server_id)
        return descriptor.ServiceAddress(driver="vip", address=self.address)
