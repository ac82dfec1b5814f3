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

"""The agent's side of the lease: when its exclusive guests have to stop.

``nham.core.agent`` tells why no member serves twice. What it needs of the
agent is here: a lease never ends later than what a grant said, counted from
when the granted heartbeat was sent; what has to stop is never less than
what the engines were told when they granted; and neither a restart of the
agent nor one of the host makes a lease longer.

All times are seconds of one clock of the host that never goes back and runs
on while the host sleeps (CLOCK_BOOTTIME); they mean nothing after the host
was started anew.
"""

from __future__ import annotations

from collections.abc import Iterable
from collections.abc import Mapping
import dataclasses

from nham.core.agent import messages

#: Seconds in which an agent that starts with a lease that has run out waits
#: for the engines before it stops guests. It pets no watchdog meanwhile, so
#: that the engines' sum holds: see ``may_pet``.
GRACE = 1.0


@dataclasses.dataclass(frozen=True)
class Duty:
    """What the agent has promised; it outlives the agent, on the disk.

    :ivar lists: by the engine's name, the ids of its exclusive servers.
    :ivar in_force: the servers that stop when the lease has run out.
    """

    lists: Mapping[str, frozenset[str]] = dataclasses.field(
        default_factory=dict
    )
    in_force: frozenset[str] = frozenset()

    def digest(self, engine: str) -> str:
        """Return what an engine may believe of its list; empty: nothing.

        A list that is not in force yet would not be kept.
        """
        listed = self.lists.get(engine)
        if listed is None or not listed <= self.in_force:
            return ""
        return messages.digest_of(listed)

    def all_listed(self) -> frozenset[str]:
        """Return the servers of all lists together."""
        return frozenset().union(*self.lists.values())


class Keeper:
    """Keeps the lease of one host.

    :param duty: what an earlier life of the agent has promised.
    :param until: when the lease of that life ends; 0: there is none, or
        the host was started anew since.
    :param now: when this life begins.
    """

    def __init__(self, duty: Duty, until: float, now: float) -> None:
        self.duty = duty
        self.until = until
        self._enforced_from = now if until > now else now + GRACE

    def holds(self, now: float) -> bool:
        """Say whether the exclusive guests may run."""
        return now < self.until

    def take(self, engine: str, servers: Iterable[str], now: float) -> bool:
        """Take an engine's list in place of its last; say if it differs.

        While the lease has run out, what is in force stays: what is new
        would be stopped before the grant that the list is sent for, and
        what is gone from the list may still have to be stopped.
        """
        taken = frozenset(servers)
        if self.duty.lists.get(engine) == taken:
            return False
        lists = {**self.duty.lists, engine: taken}
        self.duty = dataclasses.replace(self.duty, lists=lists)
        if self.holds(now):
            self._put_in_force()
        return True

    def renew(self, sent_at: float, seconds: float, now: float) -> bool:
        """Renew the lease; say whether more or less is in force than was.

        :param sent_at: when the heartbeat that is granted was sent.
        """
        self.until = max(self.until, min(sent_at, now) + seconds)
        if not self.holds(now):
            return False
        before = self.duty.in_force
        self._put_in_force()
        return self.duty.in_force != before

    def to_stop(self, now: float) -> frozenset[str]:
        """Return the servers that must not run now."""
        if self.holds(now) or now < self._enforced_from:
            return frozenset()
        return self.duty.in_force

    def next_at(self, now: float) -> float | None:
        """Return when ``to_stop`` may change by itself."""
        coming = max(self.until, self._enforced_from)
        return coming if coming > now and self.duty.in_force else None

    def may_pet(self, running: frozenset[str], now: float) -> bool:
        """Say whether the host's watchdog may be petted.

        It may not while a guest runs that must not, nor while this life of
        the agent does not know yet: then the watchdog counts on.
        """
        return self.holds(now) or not self.duty.in_force & running

    def _put_in_force(self) -> None:
        listed = self.duty.all_listed()
        self.duty = dataclasses.replace(self.duty, in_force=listed)
