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


"""The checker sees what goes wrong with replica groups.

As ``test_checker``, with bugs in what is done for a standby.
"""

from __future__ import annotations

from typing import Any

from nham.core import model
from nham.db import vnfs
from nham.recovery import context
from nham.recovery import takeover_steps
from nham.tests.functional import test_checker


class CheckerReplicasTest(test_checker.CheckerCase):
    """Bugs are planted and must be found; every VNFC has a standby."""

    def setUp(self) -> None:
        super().setUp()
        self.replace("nham.simulate.history._REPLICATED", 1.0)

    def test_a_promotion_without_isolation(self) -> None:
        self.skip_step("takeover_steps.IsolateMember")
        self.only("hang_app")
        self.find("deposed and reachable")

    def test_a_repair_that_opens_the_ports_first(self) -> None:
        self.skip_step("server_steps.StopServer")
        self.only("hang_app")
        self.find("deposed and reachable")

    def test_a_promotion_that_deposes_nobody(self) -> None:
        def promote(connection: Any, group_id: str, member_id: str) -> None:
            real(connection, "no group", member_id)

        real = vnfs.promote
        self.replace("nham.db.vnfs.promote", promote)
        self.only("crash_vm")
        self.find("two primaries")

    def test_an_older_state(self) -> None:
        def saved(self: Any, run: context.Run) -> list[model.Checkpoint]:
            return list(reversed(real(self, run)))

        real = takeover_steps.GiveState._saved
        self.replace("nham.recovery.takeover_steps.GiveState._saved", saved)
        self.only("crash_vm")
        self.find("not the newest state")

    def test_a_state_that_is_given_to_nobody(self) -> None:
        self.replace(
            "nham.adapters.checkpoints.hook.HookEngine.give",
            lambda *_args: None,
        )
        self.only("crash_vm")
        self.find("state lost", first=1002)

    def test_a_plan_that_forgets_the_state(self) -> None:
        def give(*_args: Any, **_named: Any) -> list[model.Step]:
            return []

        self.replace("nham.core.decision.choice.give_state", give)
        self.only("crash_vm")
        self.find("promoted without its state")

    def test_an_engine_that_wants_no_standby(self) -> None:
        self.replace(
            "nham.core.member_facts.MemberFacts.unguarded",
            property(lambda _self: False),
        )
        self.only("crash_vm")
        self.find("group not whole", first=1003)

    def test_a_standby_on_a_closed_host(self) -> None:
        self.replace(
            "nham.engine.host_view.HostView.facts", test_checker.all_open
        )
        self.only("maintain", "crash_vm", "delete_server_behind")
        self.find("made on a closed host", first=1009)

    def test_a_standby_beside_its_primary(self) -> None:
        self.replace(
            "nham.core.decision.replicas._host",
            lambda case: case.member.host,
        )
        self.only("crash_vm")
        self.find("both on one host")

    def test_a_dissolution_that_forgets_the_ports(self) -> None:
        self.replace(
            "nham.recovery.replica_steps.delete_ports", lambda *_args: None
        )
        self.only("user_terminate")
        self.find("left behind")

    def test_a_dissolution_that_forgets_the_servers(self) -> None:
        self.replace(
            "nham.recovery.replica_steps.delete_servers", lambda *_args: None
        )
        # No day lasts as long as is waited for a real cloud.
        self.replace("nham.simulate.replicas._ORPHAN", 5.0)
        self.only("user_terminate")
        self.find("in no record")

    def test_states_that_are_never_removed(self) -> None:
        self.replace(
            "nham.adapters.checkpoints.hook.HookEngine.delete",
            lambda *_args: None,
        )
        self.only("crash_vm")
        self.find("left behind")

    def skip_step(self, name: str) -> None:
        """Let a step do nothing, and say that it is done."""
        self.replace(f"nham.recovery.{name}.do", lambda *_args: None)
        self.replace(
            f"nham.recovery.{name}.complete",
            lambda *_args: context.Done(detail="skipped"),
        )
