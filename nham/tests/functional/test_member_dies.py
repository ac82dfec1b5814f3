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

"""A member dies at each step of an export, an import, a fail-over, a repair.

As ``test_crash_replicas``, but the engine lives and the VM of a member dies.
The two cases of NHAM paper 3.4: who fails while states are on their way
leaves the group with the newest state that was saved whole, and a suspicion
that was wrong costs a member and never yields two that serve.
"""

from __future__ import annotations

from collections.abc import Callable
import functools

from nham.core import descriptor
from nham.core import states
from nham.tests.functional import replica_case as case_
from nham.tests.functional import test_crash_replicas as crash
from nham.tests.functional import thinning

Role = states.Role

#: Who dies: the one that serves, or the first of the others there is.
VICTIMS = {
    "primary": (Role.PRIMARY,),
    "other": (Role.STANDBY, Role.JOINING, Role.FAILED),
}
#: The ways that are not about a lost host, on which all dies anyway.
WAYS = [
    way for way in crash.WAYS if "dead_host" not in way.name and not way.agents
]
#: Moments within a rung: when it is claimed, and once in each of its steps.
_WITHIN = ("after claim", "after do")
#: Moments of an export, and of the import that follows it with 1R-AA.
ON_THE_WAY = (
    "before add_checkpoint",
    "after add_checkpoint",
    "after export_state",
    "after put",
    "before update_checkpoint",
    "after update_checkpoint",
    "before note_state",
    "after import_state",
    "after note_state",
)


class DiesCase(case_.ReplicaCase):
    """One VNF with a standby, and one engine that lives."""

    def die_at(
        self, victim: str, moment: str, nth: int, rung: str | None = None
    ) -> list[str]:
        """Let a member die at a moment, of a rung if one is named.

        :returns: is given the server that died, once it has.
        """
        died: list[str] = []
        left = nth

        def on_moment(reached: str) -> None:
            nonlocal left
            if died or reached != moment or (rung and rung != self._rung()):
                return
            left -= 1
            if left == 0:
                died.append(self._die(VICTIMS[victim]))

        self.runner.process.on_moment = on_moment
        return died

    def _die(self, roles: tuple[Role, ...]) -> str:
        """Crash the VM of the first member with one of the roles."""
        found = sorted(
            (roles.index(one.role), one.server_id)
            for one in self.lab.store.members()
            if one.role in roles
        )
        for _, server_id in found:
            if server_id in self.world.nova.servers:
                self.hurt(functools.partial(_crash, server_id))
                return server_id
        return ""

    def see_it_die(self, died: list[str]) -> None:
        """Let time pass until the member has died and all is well again."""
        came = self.lab.run_until(lambda: bool(died), 200.0)
        self.assertTrue(came, "the moment never came")
        self.lab.run(5.0)
        self.settle()


def _crash(server_id: str, case: case_.ReplicaCase) -> None:
    case.world.crash_vm(server_id)


class RungTest(DiesCase):
    """Within a recovery; one test for each way, point and member."""

    def play(self, way: case_.Way, moment: str, nth: int, victim: str) -> None:
        """Break something; let a member die when the rung gets there."""
        self.bring_up(way.policy, way.rung == "make_standby")
        died = self.die_at(victim, moment, nth, way.rung)
        self.hurt(way.fault)
        self.see_it_die(died)
        self.assert_whole(7)


class StateTest(DiesCase):
    """While the state 8 is on its way from a VNFC that had 7."""

    def play(
        self, policy: descriptor.ResiliencyPolicy, moment: str, victim: str
    ) -> None:
        """Let a member die at that moment."""
        self.bring_up(policy)
        self.world.write_at(self.address, 8)
        self.see_it_die(self.die_at(victim, moment, 1))
        # What was not saved whole is rolled back; nothing else is lost.
        self.assert_whole(*((8,) if victim == "other" else (7, 8)))


def _in_rung(
    way: case_.Way, moment: str, nth: int, victim: str
) -> Callable[[RungTest], None]:
    def test(self: RungTest) -> None:
        self.play(way, moment, nth, victim)

    return test


def _on_the_way(
    policy: descriptor.ResiliencyPolicy, moment: str, victim: str
) -> Callable[[StateTest], None]:
    def test(self: StateTest) -> None:
        self.play(policy, moment, victim)

    return test


_thinner = thinning.Thinner()
for _victim in VICTIMS:
    for _way in WAYS:
        for _name, _moment, _nth in crash.points(_way.rung, _way.policy):
            if _moment in _WITHIN and _thinner.keeps(
                f"{_victim} {_way.name}",
                _name,
                _victim,
                _way.rung,
                crash.mover(_way, _name),
            ):
                setattr(
                    RungTest,
                    f"test_{_victim}_{_way.name}_{_name}",
                    _in_rung(_way, _moment, _nth, _victim),
                )
    for _moment in ON_THE_WAY:
        setattr(
            StateTest,
            f"test_{_victim}_{_moment.replace(' ', '_')}",
            _on_the_way(case_.ONE_R_AA, _moment, _victim),
        )
