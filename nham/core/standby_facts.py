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

"""What is known of a member beside the one that serves, and of its server."""

from __future__ import annotations

import dataclasses

from nham.core import states
from nham.core.detection import tracker

Health = tracker.Health

# Each member is asked for these at each decision, so they are looked up once.
_DEAD = Health.DEAD
#: A member that may become the primary has one of these.
FIT_ROLES = (states.Role.STANDBY, states.Role.ACTIVE)

#: Nova's words for a server that is parked, or is just being started.
_PARKED = ("SHUTOFF", "ACTIVE")
#: Nova's words for a server that nobody can start as it is.
_BROKEN = ("ERROR", "DELETED", "SOFT_DELETED")


@dataclasses.dataclass(frozen=True, kw_only=True)
class ServerFacts:
    """What Nova says of the member's server.

    :ivar stopped_by: ``user`` or ``nobody`` when it is SHUTOFF.
    :ivar imaging_for: seconds since an image of it was seen to be begun.
    """

    status: str = "ACTIVE"
    task_state: str | None = None
    stopped_by: str | None = None
    imaging_for: float = 0.0

    @property
    def imaging(self) -> bool:
        """Nova takes an image of it, which leaves the guest as it is."""
        return (self.task_state or "").startswith("image_")

    @property
    def working(self) -> bool:
        """Nova is at work on the server itself."""
        return self.task_state is not None and not self.imaging


@dataclasses.dataclass(frozen=True, kw_only=True)
class StandbyFacts:
    """What is known of a member beside the primary.

    :ivar kind: ``vnfc`` or ``server``, as in the member's record.
    :ivar sequence: the newest checkpoint whose state it has.
    :ivar closed: its host is in maintenance or in quarantine.
    :ivar away: its host is in maintenance, so that the group may lose it at
        any moment.
    :ivar worn: its disk was made so long ago that it is to be made anew
        once there is a newer checkpoint.
    :ivar outdated: a server of NHAM's own, made as the VNFC was before the
        VNFM changed the VNF's package.
    :ivar parked: NHAM has stopped it, so that it costs its host nothing
        until it is needed.
    :ivar silent_for: seconds since its last good answer, None if it never
        gave one or is known to have died since.
    :ivar ground: of its host, worked out from all facts where it is parked,
        or its disk is made anew: DEAD: it is lost with it; SLOW: it cannot be
        started there now.
    """

    member_id: str
    server_id: str
    host: str | None
    role: states.Role = states.Role.STANDBY
    outdated: bool = False
    kind: str = "server"
    app: Health = Health.OK
    icmp: Health = Health.OK
    silent_for: float | None = None
    server: ServerFacts = ServerFacts()
    sequence: int = 0
    parked: bool = False
    ground: Health = Health.OK
    worn: bool = False
    closed: bool = False
    away: bool = False

    @property
    def watched(self) -> bool:
        """Some probe has answered before, so silence means something."""
        return watched(self.app, self.icmp)

    @property
    def silent(self) -> bool:
        """No probe of it is answered, though some once were."""
        return silent(self.app, self.icmp)

    @property
    def ready(self) -> bool:
        """It answers, or is parked where it can be started."""
        if self.role not in FIT_ROLES:
            return False
        if self.parked:
            on_hand = self.server.status in _PARKED
            return on_hand and self.ground is Health.OK
        return self.server.status == "ACTIVE" and self.app in (
            Health.OK,
            Health.SLOW,
        )

    @property
    def excused(self) -> bool:
        """It is the VNFM's, and waits for the end of a maintenance."""
        return self.away and self.kind == "vnfc"

    @property
    def broken(self) -> bool:
        """Nobody set it aside as it is now, or would find it as it was."""
        return self.server.status in _BROKEN

    @property
    def lost(self) -> bool:
        """It cannot take over, and will not by itself."""
        if self.role not in FIT_ROLES:
            return True
        if self.parked:
            on_hand = self.server.status in _PARKED
            return not on_hand or self.ground is _DEAD
        return self.app is _DEAD or self.server.status != "ACTIVE"


def turn(one: StandbyFacts) -> int:
    """Return what orders members that are well.

    Clients are led away from one that is away; one on an open host may be
    the next to serve.
    """
    if one.away and one.role is states.Role.ACTIVE:
        return 0
    return 2 if one.closed else 1


def watched(*healths: Health) -> bool:
    """Say whether a probe has answered before."""
    return any(health is not Health.UNKNOWN for health in healths)


def silent(*healths: Health) -> bool:
    """Say whether no probe is answered, though some once were."""
    known = [h for h in healths if h is not Health.UNKNOWN]
    return bool(known) and all(h is Health.DEAD for h in known)
