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

"""The drivers that an engine of a lab has: simulated ends of real ones."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nham.adapters import errors
from nham.adapters.agents import base as agents_base
from nham.adapters.checkpoints import hook
from nham.adapters.checkpoints import image
from nham.adapters.checkpoints import volume
from nham.adapters.fencing import base as fencing_base
from nham.adapters.fencing import member_agent
from nham.adapters.fencing import port
from nham.adapters.simulated import agents as agents_
from nham.adapters.simulated import ecmp
from nham.adapters.simulated import spreader
from nham.adapters.simulated import vim
from nham.adapters.simulated import vnfm
from nham.adapters.traffic import fixed_ip
from nham.adapters.traffic import floating_ip
from nham.adapters.traffic import vip
from nham.recovery import context
from nham.recovery import endpoints
from nham.simulate import hooks
from nham.simulate import memory as memory_
from nham.simulate import process as process_

if TYPE_CHECKING:
    from nham.simulate import lab as lab_


def context_of(
    lab: lab_.Lab,
    process: process_.Process,
    store: memory_.LabStore,
    agents: agents_base.Agents,
) -> context.Context:
    """Return what the engine in a process works with; it dies with that."""
    cloud = process_.mortal(vim.SimulatedVim(lab.world), process)
    hooks_ = process_.mortal(hooks.LabHook(lab), process)
    locate = endpoints.Endpoints(store, cloud, _no_secret)
    tacker = process_.mortal(vnfm.SimulatedVnfm(lab.world), process)
    return context.Context(
        store=store,
        vim=cloud,
        vnfms={"tacker": tacker},
        member_fencing=[
            *_member_fencing(lab, process, agents),
            port.PortFencing(cloud),
        ],
        fencing=[
            process_.mortal(one, process)
            for one in _host_fencing(lab, store, agents)
        ],
        agents=agents,
        engines={
            "image": image.ImageEngine(cloud),
            "volume": volume.VolumeEngine(cloud),
            "hook": hook.HookEngine(
                cloud, hooks_, process_.mortal(lab.blobs, process), locate
            ),
        },
        watch=_NoWatch(),
        clock=lab.clock,
        movers={
            "fixed_ip": fixed_ip.FixedIpMover(cloud),
            "floating_ip": floating_ip.FloatingIpMover(cloud),
            "vip": vip.VipMover(cloud, hooks_, locate),
        },
        spreaders={
            "ecmp": process_.mortal(ecmp.SimulatedEcmp(lab.world), process),
            "octavia": process_.mortal(
                spreader.SimulatedSpreader(lab.world), process
            ),
        },
    )


def _host_fencing(
    lab: lab_.Lab, store: memory_.LabStore, agents: agents_base.Agents
) -> list[fencing_base.HostFencing]:
    more = agents_.fencing(lab.by_agents, agents, store, lab.clock)
    return [*lab.fencing, *more]


def _member_fencing(
    lab: lab_.Lab, process: process_.Process, agents: agents_base.Agents
) -> list[fencing_base.MemberFencing]:
    """Return what cuts members off before their ports are disabled."""
    if lab.agents is None:
        return []
    by_agents = member_agent.AgentMemberFencing(agents, lab.clock)
    return [process_.mortal(by_agents, process)]


def _no_secret(name: str) -> str:
    raise errors.Refused(f"secret: {name}: the simulation has none")


class _NoWatch:
    """Stands in until the engine has put its own watch there."""

    def view(self, subject: str) -> context.MemberView:
        """See ``context.MemberWatch``."""
        return context.MemberView()

    def expect(self, subject: str) -> None:
        """See ``context.MemberWatch``."""

    def refresh(self, subject: str) -> None:
        """See ``context.MemberWatch``."""
