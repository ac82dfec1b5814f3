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

"""What follows from a change of a VNF's package by its VNFM.

The VNFM has made its VNFCs anew, or has Nova made their disks anew, as the
new package says. What NHAM knows of them follows here; its own servers,
which are as the VNFCs were before, are replaced by decisions.
"""

from __future__ import annotations

from collections.abc import Mapping
from collections.abc import Sequence
import dataclasses

from nham.adapters.vnfm import base as vnfm_base
from nham.core import descriptor
from nham.core import model
from nham.core import states
from nham.engine import change
from nham.engine import journal as journal_
from nham.recovery import context


def adopt(
    ctx: context.Context,
    journal: journal_.Journal,
    vnf: model.Vnf,
    record: vnfm_base.VnfRecord,
    policies: Sequence[descriptor.ResiliencyPolicy],
) -> model.Vnf:
    """Return a VNF as its new package says; write down what follows.

    :param record: as the VNFM has it now.
    :param policies: of the new package. Without any, or if they cannot
        hold now, the VNF keeps those that it has.
    :raises AdapterError: the VIM does not answer, or a member cannot be
        removed now; ask again.
    """
    images = {
        vnfc.name: ctx.vim.server(vnfc.server_id).image_id
        for vnfc in record.vnfcs
    }
    kept = ""
    try:
        if not policies:
            raise ValueError("the package has none")
        change.prepare(ctx, vnf, policies)
    except ValueError as why_not:
        kept = f"; it keeps the policies that it had: {why_not}"
        policies = vnf.policies
    _take_images(ctx, vnf, images)
    changed = dataclasses.replace(
        vnf, vnfd_id=record.vnfd_id, policies=tuple(policies)
    )
    ctx.store.save_vnf(changed)
    journal.event(
        states.Severity.WARNING if kept else states.Severity.INFO,
        "package-changed",
        f"{vnf.name}: the VNFM changed its package{kept}",
        vnf.id,
    )
    return changed


def _take_images(
    ctx: context.Context, vnf: model.Vnf, images: Mapping[str, str | None]
) -> None:
    """Write down the image of each VNFC, by its name.

    Not one that NHAM took: a server may run from a checkpoint.
    """
    taken = {
        part.id
        for checkpoint in ctx.store.checkpoints(vnf_id=vnf.id)
        for part in checkpoint.artifacts
    }
    for group in ctx.store.groups(vnf_id=vnf.id):
        image_id = images.get(group.vnfc)
        if image_id is None or image_id in taken:
            continue
        for member in ctx.store.members(group_id=group.id):
            if member.kind == "vnfc":
                ctx.store.save_member(
                    dataclasses.replace(member, image_id=image_id)
                )
