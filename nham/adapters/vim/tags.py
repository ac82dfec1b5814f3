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


"""The tags by which a server says what it is for: VNF, group, member, role.

Nova's server tags, because the guest does not see them and they can change
while it runs. All of NHAM's own begin with ``nham``; others are left alone.
"""

from __future__ import annotations

from collections.abc import Sequence

from nham.core import model

#: Every server that NHAM made has it.
OURS = "nham"


def of_owner(owner_id: str) -> str:
    """Return what marks all that was made for one member."""
    return f"{OURS}-member-{owner_id}"


def of_member(vnf_id: str, member: model.Member) -> tuple[str, ...]:
    """Return the tags that a server of NHAM's own has now."""
    return (
        OURS,
        f"{OURS}-vnf-{vnf_id}",
        f"{OURS}-group-{member.group_id}",
        of_owner(member.id),
        f"{OURS}-role-{member.role.value}",
    )


def renewed(known: Sequence[str], wanted: Sequence[str]) -> tuple[str, ...]:
    """Return a server's tags with NHAM's own as they are wanted."""
    others = [
        tag for tag in known if tag != OURS and not tag.startswith(f"{OURS}-")
    ]
    return (*others, *wanted)
