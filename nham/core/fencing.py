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

"""Fencing: which driver is asked next, and what the word of each is worth.

Nothing is promoted, evacuated or started anew without proof (design,
section 8, rule 1). So it is written down for every driver what counts as
proof, and what that leaves open.
"""

from __future__ import annotations

from collections.abc import Mapping
import dataclasses
import re

#: Seconds until a driver that failed is asked again, after all others.
PAUSE = 1.0
#: Seconds between two looks at what a driver that was asked can prove.
LOOK_EVERY = 0.5
#: Seconds that a driver has which gives proof at once or not at all.
PROMPT = 1.0


@dataclasses.dataclass(frozen=True, kw_only=True)
class Attempt:
    """What came of asking one driver.

    :ivar at: when it was last asked, in seconds of a clock that only rises.
    :ivar said: why it failed; empty while it may still give proof.
    :ivar silent: it failed by giving no answer at all.
    :ivar final: to ask it again would be answered alike.
    :ivar looked_at: when its proof was last looked for.
    """

    at: float
    said: str = ""
    silent: bool = False
    final: bool = False
    looked_at: float = 0.0


def next_driver(
    able: Mapping[str, float], attempts: Mapping[str, Attempt], now: float
) -> str | None:
    """Return which driver is to be asked now, None if none is yet.

    In their order, each once the one before it has failed or has had its
    share of the time without proof. When all were asked, those that failed
    are asked again: a BMC may only have been busy.

    :param able: the drivers that have the means, in the configured order,
        and the seconds that each has before the next one is asked.
    :param attempts: those that were asked, by their names.
    """
    for name, share in able.items():
        attempt = attempts.get(name)
        if attempt is None:
            return name
        if not attempt.said and now - attempt.at < share:
            return None
    for name in able:
        attempt = attempts[name]
        again = attempt.said and not attempt.final
        if again and now - attempt.at >= PAUSE:
            return name
    return None


def is_looked_at(attempt: Attempt, now: float, prompt: bool = False) -> bool:
    """Say whether it is time to look for the proof of a driver again.

    :param prompt: to look costs nothing.
    """
    every = 0.0 if prompt else LOOK_EVERY
    return not attempt.said and now - attempt.looked_at >= every


def summary(attempts: Mapping[str, Attempt], but: str = "") -> str:
    """Return what each driver said that gave no proof.

    :param but: the one that gave it.
    """
    return "; ".join(
        f"{name}: {attempt.said or 'no proof'}"
        for name, attempt in attempts.items()
        if name != but
    )


def proved_by(said: str) -> str:
    """Return which driver gave the proof, by what a step said in the end."""
    return said.partition(":")[0]


def took_part(name: str, said: str) -> bool:
    """Say whether a driver was asked, by what a step said in the end."""
    return re.search(rf"\b{re.escape(name)}: ", said) is not None


@dataclasses.dataclass(frozen=True, kw_only=True)
class Means:
    """What a driver does, and what its word is worth.

    :ivar zone: what it cuts off: ``host`` or ``member``.
    :ivar does: what it does.
    :ivar proof: what counts as proof.
    :ivar leaves_open: what that does not prove.
    :ivar needs: what must be there for it.
    :ivar lasts: of one that cuts members off: whether its proof goes on
        being true, and why.
    """

    name: str
    zone: str
    does: str
    proof: str
    leaves_open: str
    needs: str
    lasts: str = ""


MEANS = (
    Means(
        name="redfish",
        zone="host",
        does="Has the host's BMC switch its power off, by ForceOff.",
        proof="The BMC says of the system PowerState Off, twice, a second "
        "apart.",
        leaves_open="That the system which the file names is the host: a "
        "wrong line proves that another machine is off.",
        needs="sushy (nham[redfish]), and a BMC that answers. One that has "
        "lost its power with its host does not.",
    ),
    Means(
        name="ipmi",
        zone="host",
        does="Has the host's BMC switch its power off, by IPMI 2.0 over the "
        "network.",
        proof="The chassis status says that the power is off, twice, a "
        "second apart.",
        leaves_open="That the BMC at this address is the host's: a wrong "
        "line proves that another machine is off.",
        needs="pyghmi (nham[ipmi]), and a BMC that answers. One that has "
        "lost its power with its host does not.",
    ),
    Means(
        name="command",
        zone="host",
        does="Runs a command of the operator's.",
        proof="The status command ends with 0 and prints the off word.",
        leaves_open="Whatever the command does not look at.",
        needs="Two programs, and what they need.",
    ),
    Means(
        name="agent",
        zone="host",
        does="Has nham-agent on the host end the processes of all guests "
        "there.",
        proof="The agent names each guest, and says that its process is gone.",
        leaves_open="That nothing is started there again: Nova is forced down "
        "besides. An agent that lies, or somebody else who has its "
        "key.",
        needs="An agent that is heard, so a host that is only broken in part.",
    ),
    Means(
        name="lease",
        zone="host",
        does="Lets the agent's lease end: it ends the guests of members "
        "that may serve only once.",
        proof="The longest time that the lease can last, with the drift "
        "of its clock and what it needs to end a guest, is over "
        "since all engines grant none; and the last that the agent "
        "said is that it holds this duty.",
        leaves_open="A host whose clock stands still or drifts by more "
        "than the option says, or whose kernel hangs and goes on later, "
        "where no watchdog resets it.",
        needs="An agent that was heard before the failure, and its "
        "watchdog unless [agent] need_watchdog is off.",
    ),
    Means(
        name="noop",
        zone="host",
        does="Nothing.",
        proof="Nothing; only the operator's word counts.",
        leaves_open="Everything.",
        needs="An operator (openstack nham host fenced).",
    ),
    Means(
        name="agent",
        zone="member",
        does="Has nham-agent on the member's host end its process, unless "
        "that is known to have died.",
        proof="The agent, which is heard now, says that the process of this "
        "guest of its host is gone; and no other agent says that it runs.",
        leaves_open="That it is not started again a moment later. An agent "
        "that lies, or somebody else who has its key.",
        needs="An agent that is heard on the member's host. It takes no "
        "time where the process died, and some tenths of a second where it "
        "is ended: as by a power cut, without the guest's shutdown.",
        lasts="No: for Nova the server is to run, so that Nova starts it "
        "again by itself.",
    ),
    Means(
        name="port",
        zone="member",
        does="Disables all ports of the member's server.",
        proof="Neutron's own record says of all its ports that they are "
        "disabled.",
        leaves_open="That the member has stopped: it may go on computing "
        "and writing to its disks and volumes. And a host which is cut off "
        "from Neutron does not hear of it: there the ports still let "
        "traffic among its own guests pass.",
        needs="Neutron.",
        lasts="Yes: until somebody asks Neutron to enable the ports, and "
        "nobody but NHAM does.",
    ),
    Means(
        name="nova",
        zone="member",
        does="Has Nova stop the member's server.",
        proof="Nova says SHUTOFF, with no task under way, on a host whose "
        "nova-compute is up and not forced down.",
        leaves_open="That nobody starts it again, by Nova or past it: its "
        "ports stay open.",
        needs="Nova, and a nova-compute that lives on the member's host. It "
        "takes as long as the guest's shutdown.",
        lasts="Yes: until somebody asks Nova to start the server; by itself "
        "Nova leaves off what it was asked to stop.",
    ),
)
"""In the order of the documentation; other packages' drivers have none."""
