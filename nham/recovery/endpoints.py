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

"""Under which address a member is reached, and where its hook is."""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Sequence
import dataclasses
import shlex

from nham.adapters import errors
from nham.adapters.hooks import base as hooks
from nham.adapters.vim import base as vim_base
from nham.core import descriptor
from nham.core import model
from nham.core import states
from nham.db import store as store_


def pick_address(
    addresses: Sequence[vim_base.Address],
    network: str | None,
    kinds: Sequence[str] = ("floating", "fixed"),
) -> vim_base.Address | None:
    """Return the address that a member is asked under.

    A floating address comes first: it is the one that clients use.

    :param kinds: those that come into question, the best one first.
    """
    if network is not None:
        addresses = [a for a in addresses if a.network == network]
    for kind in kinds:
        for address in addresses:
            if address.kind == kind and ":" not in address.ip:
                return address
    return None


def probed_address(
    policy: descriptor.ResiliencyPolicy,
    addresses: Sequence[vim_base.Address],
    network: str | None,
) -> vim_base.Address | None:
    """Return the address that a probe on a network asks a member under.

    From a port on that network itself it is the member's own one there.
    """
    if policy.detection.probe_from == "port":
        return pick_address(addresses, network, ("fixed",))
    return pick_address(addresses, network)


def own_address(
    group: model.Group, member: model.Member
) -> vim_base.Address | None:
    """Return the floating address that NHAM keeps pointed at a member.

    None for a group without replicas, whose address nobody moves, and
    where NHAM reaches the members directly.
    """
    primary = member.role is states.Role.PRIMARY
    kept = group.service if primary else group.access
    if group.access is None:
        # Each is reached under an address of its own.
        kept = member.access
    if kept is None:
        return None
    return vim_base.Address(network="", ip=kept.ip, kind="floating")


def asked_address(
    group: model.Group, member: model.Member, as_clients: bool
) -> vim_base.Address | None:
    """Return the floating address at which a member is probed.

    :param as_clients: the primary is probed at the service address.
    """
    primary = member.role is states.Role.PRIMARY
    if primary and as_clients and group.service is not None:
        return vim_base.Address(
            network="", ip=group.service.ip, kind="floating"
        )
    return own_address(group, member)


@dataclasses.dataclass(frozen=True)
class Endpoints:
    """Finds the hook of a server.

    :ivar secret: returns the token of that name.
    """

    store: store_.Store
    vim: vim_base.Vim
    secret: Callable[[str], str]

    def __call__(self, server_id: str) -> tuple[hooks.Endpoint, int]:
        """Return the endpoint, and how many bytes are too many.

        :raises Refused: it is no member, it is cut off, or its policy names
            no hook.
        :raises NotFound: it has no address there.
        """
        members = self.store.members(server_id=server_id)
        if not members:
            raise errors.Refused(f"server {server_id} is no member")
        if members[0].role is states.Role.FAILED:
            # The access address may lead to another one by now.
            raise errors.Refused(f"server {server_id} is cut off")
        group = self.store.group(members[0].group_id)
        vnf = self.store.vnf(group.vnf_id)
        policy = descriptor.policy_for(group.vdu, vnf.policies)
        hook = policy.state_protection.hook if policy else None
        if hook is None:
            raise errors.Refused(f"the policy of {group.vnfc} names no hook")
        if hook.transport == "guest_agent":
            return _in_guest(server_id, hook), hook.max_size
        address = own_address(group, members[0])
        if address is None or hook.network is not None:
            server = self.vim.server(server_id)
            address = pick_address(server.addresses, hook.network)
        if address is None:
            where = hook.network or "any network"
            raise errors.NotFound(f"{group.vnfc} has no address in {where}")
        endpoint = hooks.Endpoint(
            address=address.ip,
            port=hook.port,
            export_path=hook.export_path,
            import_path=hook.import_path,
            claim_path=hook.claim_path,
            token=self.secret(hook.token) if hook.token else None,
            timeout=hook.timeout,
        )
        return endpoint, hook.max_size


def _in_guest(server_id: str, hook: descriptor.Hook) -> hooks.Endpoint:
    guest = hooks.Guest(
        server_id=server_id,
        export_command=tuple(shlex.split(hook.export_command)),
        import_command=tuple(shlex.split(hook.import_command)),
        claim_command=tuple(shlex.split(hook.claim_command)),
    )
    return hooks.Endpoint(guest=guest, timeout=hook.timeout)
