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

"""Over which network a member is probed, and which of them are lost."""

from __future__ import annotations

import collections
from collections.abc import Sequence

from nham.adapters.vim import base as vim_base
from nham.core import descriptor
from nham.core import facts
from nham.core import member_facts
from nham.recovery import endpoints


def probed(
    policy: descriptor.ResiliencyPolicy, server: vim_base.Server | None
) -> str | None:
    """Return the network that a member is probed over, None if nobody asks."""
    if server is None or not policy.probes:
        return None
    asked = endpoints.probed_address(
        policy, server.addresses, policy.probes[0].network
    )
    return asked.network if asked else None


def lost(
    members: Sequence[member_facts.MemberFacts],
) -> frozenset[str]:
    """Return the networks on which no watched member answers in time.

    They do not all count as silent at the same moment: where one does, the
    others that are late are waited for. Only where that was on several
    hosts: a dead host takes its own members along, on whatever network. And
    only where they are more than two: two that die together would wait for
    ever for a network that is well, and if it is not, a reboot of a VM that
    nobody reaches costs nothing but itself. Who died by the word of its host
    is silent for another reason.
    """
    hosts: dict[str, set[str | None]] = {}
    unwell: collections.Counter[str] = collections.Counter()
    silent, answering = set(), set()
    for member in members:
        if member.network is None or not member.watched or member.qemu_died:
            continue
        hosts.setdefault(member.network, set()).add(member.host)
        if facts.Health.OK in (member.app, member.icmp):
            answering.add(member.network)
        else:
            unwell[member.network] += 1
        if member.silent:
            silent.add(member.network)
    return frozenset(
        network
        for network in silent - answering
        if len(hosts[network]) > 1 and unwell[network] > 2
    )
