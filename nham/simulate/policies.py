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


"""The policies of a history: what chance asks for its VNFs."""

from __future__ import annotations

import dataclasses
import random

from nham.adapters.simulated import hook
from nham.core import descriptor
from nham.core import mechanisms

_MECHANISMS = tuple(
    descriptor.Mechanism(spec.name)
    for spec in mechanisms.TABLE
    if spec.replicated
)
#: How a service moves to another member.
_MOVERS: tuple[descriptor.AddressDriver, ...] = (
    "floating_ip",
    "fixed_ip",
    "vip",
)


class Policies:
    """Draws policies.

    :param chance: of the whole history, so that one seed gives one day.
    """

    def __init__(self, chance: random.Random) -> None:
        self._chance = chance

    def alone(self, volume: bool) -> descriptor.ResiliencyPolicy:
        """Return one for VNFCs without others, on volumes or not."""
        stateful = self._chance.random() < 0.8
        method: descriptor.StateMethod = "none"
        if stateful:
            method = "volume_snapshot" if volume else "image_snapshot"
        return descriptor.ResiliencyPolicy(
            name="policy",
            targets=("VDU1",),
            stateful=stateful,
            probes=(descriptor.ProbeSpec(type="http", port=80),),
            detection=descriptor.Detection(
                poll_interval=1.0, boot_timeout=30.0
            ),
            state_protection=descriptor.StateProtection(
                method=method, interval=45.0
            ),
            escalation=descriptor.Escalation(probation=60.0),
            host_recovery=self._chance.choice(("auto", "auto", "replace")),
            accept_state_loss=self._chance.random() < 0.7,
        )

    def replicated(
        self, policy: descriptor.ResiliencyPolicy, name: str, vnfcs: int
    ) -> descriptor.ResiliencyPolicy:
        """Return the policy with a standby, or with more that serve.

        :param name: of the VNF; a figure ends it.
        :param vnfcs: how many it has.
        """
        mechanism = self._chance.choice(_MECHANISMS)
        protection = descriptor.StateProtection()
        waits = mechanism is descriptor.Mechanism.ONE_R_AS
        if waits and policy.stateful and self._chance.random() < 0.5:
            return self._on_disk(policy)
        if policy.stateful:
            protection = descriptor.StateProtection(
                method="hook",
                interval=self._chance.choice((10.0, 30.0)),
                hook=descriptor.Hook(port=8081),
            )
        policy = dataclasses.replace(
            policy,
            redundancy=mechanism,
            num_backups=1,
            service_address=descriptor.ServiceAddress(driver="floating_ip"),
            state_protection=protection,
        )
        if mechanisms.of(mechanism).spreads:
            return self._spread(policy, name)
        # One address is one VNFC's, and NHAM asks its hook to claim it.
        driver = self._chance.choice(_MOVERS)
        if vnfcs > 1 or driver == "floating_ip":
            return policy
        if driver == "vip" and not policy.stateful:
            return policy
        address = descriptor.ServiceAddress(
            driver=driver, address=f"10.1.200.1{name.removeprefix('vnf')}"
        )
        return dataclasses.replace(policy, service_address=address)

    def _on_disk(
        self, policy: descriptor.ResiliencyPolicy
    ) -> descriptor.ResiliencyPolicy:
        """Return the policy with a standby whose disk holds the state."""
        return dataclasses.replace(
            policy,
            redundancy=descriptor.Mechanism.ONE_R_AS,
            num_backups=1,
            standby=self._chance.choice(("warm", "warm", "cold")),
            service_address=descriptor.ServiceAddress(driver="floating_ip"),
            state_protection=dataclasses.replace(
                policy.state_protection, interval=30.0
            ),
            refresh_interval=60.0,
        )

    def _spread(
        self, policy: descriptor.ResiliencyPolicy, name: str
    ) -> descriptor.ResiliencyPolicy:
        """Return the policy with a way to spread the service."""
        address = descriptor.ServiceAddress(
            driver="octavia", pool=name, port=80
        )
        if self._chance.random() < 0.5:
            address = descriptor.ServiceAddress(
                driver="ecmp",
                router=name,
                address=f"203.0.113.1{name.removeprefix('vnf')}",
            )
        protection = policy.state_protection
        if policy.stateful and self._chance.random() < 0.5:
            protection = dataclasses.replace(
                protection,
                spread="merge",
                hook=descriptor.Hook(port=8081, import_path=hook.MERGE),
            )
        backups = self._chance.choice((1, 2))
        return dataclasses.replace(
            policy,
            num_backups=backups,
            min_replicas=self._chance.choice((None, backups)),
            max_replicas=self._chance.choice((None, backups + 1)),
            service_address=address,
            state_protection=protection,
        )
