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

"""Asks who else heals the servers of a VNF; see ``nham.core.ownership``."""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Iterable
from collections.abc import Iterator
import dataclasses
import logging

from nham.adapters import errors
from nham.adapters.vim import base as vim_base
from nham.adapters.vnfm import base as vnfm_base
from nham.core import model
from nham.core import ownership
from nham.core import states
from nham.recovery import context

LOG = logging.getLogger(__name__)

Unprotected = states.VnfState.UNPROTECTED


def servers(
    read: Callable[[str], vim_base.Server], record: vnfm_base.VnfRecord
) -> Iterator[vim_base.Server]:
    """Yield the servers of a VNF that there are.

    :param read: returns a server by its id.
    :raises Unavailable: Nova does not answer.
    """
    for vnfc in record.vnfcs:
        try:
            yield read(vnfc.server_id)
        except errors.NotFound:
            # That it is gone is seen to by those who need it.
            continue


def claims_on(
    ctx: context.Context, vnf: model.Vnf, tolerated: frozenset[str]
) -> str:
    """Return why a VNF is not NHAM's to heal, empty if it is.

    What cannot be looked at now is when NHAM compares the records again.
    """
    vnfm = ctx.vnfms.get(vnf.source)
    try:
        if vnfm is not None and vnf.instance_id is not None:
            record = vnfm.vnf(vnf.instance_id)
            return claims(servers(ctx.vim.server, record), tolerated, record)
        known = ctx.store.members(vnf_id=vnf.id)
        return claims(
            [ctx.vim.server(m.server_id) for m in known if m.kind == "vnfc"],
            tolerated,
        )
    except errors.AdapterError as error:
        LOG.info("VNF %s: who else heals it is not known: %s", vnf.id, error)
        return ""


def held(vnf: model.Vnf, others: str) -> model.Vnf:
    """Return a VNF without protection while somebody else heals it.

    :param others: what `claims` says.
    """
    if others:
        return dataclasses.replace(vnf, state=Unprotected, reason=others)
    if vnf.state is Unprotected:
        return dataclasses.replace(
            vnf, state=states.VnfState.PROTECTED, reason=""
        )
    return vnf


def claims(
    servers: Iterable[vim_base.Server],
    tolerated: frozenset[str],
    record: vnfm_base.VnfRecord | None = None,
) -> str:
    """Return why these servers are not NHAM's to heal, empty if they are.

    :param record: of the VNF, None if no VNFM knows it.
    """
    found = ownership.conflicts(
        (
            ownership.ServerFacts(
                server_id=one.id,
                name=one.name,
                metadata=dict(one.metadata),
                vnfm=record is not None,
                autoheal=record is not None and record.autoheal,
            )
            for one in servers
        ),
        tolerated,
    )
    return found[0].reason if found else ""
