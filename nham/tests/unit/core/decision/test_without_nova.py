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

from nham.core import descriptor
from nham.core import facts
from nham.core import member_facts
from nham.core.decision import without_nova
from nham.tests import base
from nham.tests.unit.core.decision import test_replicas
from nham.tests.unit.core.decision import test_rules

Health = facts.Health


class WithoutNovaTest(base.TestCase):
    """What goes on while Nova does not answer."""

    def test_the_probes_alone_must_prove_it(self) -> None:
        dead = {"app": Health.DEAD, "icmp": Health.DEAD}
        gone = member_facts.ServerFacts(status="DELETED")
        at_work = member_facts.ServerFacts(task_state="rebooting")
        imaged = member_facts.ServerFacts(task_state="image_uploading")
        for primary, standby, wanted in (
            (dead, {}, True),
            ({"app": Health.DEAD}, {}, True),
            ({**dead, "server": imaged}, {}, True),
            ({**dead, "server": gone}, {}, False),
            ({**dead, "server": at_work}, {}, False),
            ({"qemu_died": True}, {}, False),
            (dead, {"app": Health.SLOW}, False),
            (dead, {"app": Health.DEAD}, False),
            (dead, {"parked": True}, False),
            ({}, dead, False),
            ({}, {}, False),
        ):
            with self.subTest(primary=primary, standby=standby):
                other = test_rules.a_standby(**standby)
                member = test_rules.a_replica(standby=other, **primary)
                self.assertIs(
                    wanted, without_nova.goes_on(test_replicas.case(member))
                )

    def test_nobody_else(self) -> None:
        member = test_rules.a_replica(app=Health.DEAD, standby=None)
        self.assertFalse(without_nova.goes_on(test_replicas.case(member)))

    def test_nova_must_say_where_the_hook_of_a_network_is(self) -> None:
        for network, wanted in ((None, True), ("oam", False)):
            policy = dataclasses.replace(
                test_rules.HOOKED,
                state_protection=descriptor.StateProtection(
                    method="hook",
                    hook=descriptor.Hook(port=8081, network=network),
                ),
            )
            member = test_rules.a_replica(
                policy=policy,
                app=Health.DEAD,
                checkpoints=(member_facts.CheckpointFacts(id="c", age=1.0),),
            )
            self.assertIs(
                wanted, without_nova.goes_on(test_replicas.case(member))
            )
