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

"""Plans: which durable steps each rung of the ladder consists of.

A rung is a row of a table: its name, its price in words, and the steps.
The orders are those that were measured to work on Nova, Heat and Tacker;
the reason for each order stands beside it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from nham.core import descriptor
from nham.core import model
from nham.core.decision import choice as choice_
from nham.core.decision import replica_plans

#: Seconds; a reboot that Nova has not carried out by then will not be.
_REBOOT_TIMEOUT = 90.0
#: Nova waits this long for a guest that ignores a soft reboot.
_SOFT_TIMEOUT = 150.0

Choice = choice_.Choice
Rung = choice_.Rung
_step = choice_.step
_confirm = choice_.confirm


def _serve_and_settle(choice: Choice) -> list[model.Step]:
    return [
        *choice_.give_state(choice),
        choice_.verify(choice),
        _step(
            "check_record",
            "See that Nova and the VNFM say the same.",
            marks="repaired",
        ),
    ]


def _source(choice: Choice) -> dict[str, Any]:
    return {
        "checkpoint_id": choice.checkpoint_id,
        "image_id": choice.image_id,
    }


def _clear_operation(choice: Choice) -> list[model.Step]:
    if choice.member.operation != "stuck":
        return []
    return [
        _step(
            "fail_operation",
            "Give up the VNFM's stuck operation, which blocks all others.",
        )
    ]


def soft_reboot(choice: Choice) -> list[model.Step]:
    """Restart the guest, which still answers, in good order."""
    return [
        *_confirm(choice),
        *choice_.admit(choice),
        _step(
            "reboot_soft",
            "Restart the guest.",
            _SOFT_TIMEOUT,
            "restored",
        ),
        *_serve_and_settle(choice),
    ]


def hard_reboot(choice: Choice) -> list[model.Step]:
    """Start the VM anew on its intact disk.

    Nova destroys what may be left of the domain on that host before it
    starts it again, so no fence of the VM is needed.
    """
    return [
        *_confirm(choice),
        *choice_.admit(choice),
        _step(
            "reboot_hard",
            "Start the VM anew on its own disk.",
            _REBOOT_TIMEOUT,
            "restored",
        ),
        *_serve_and_settle(choice),
    ]


def start(choice: Choice) -> list[model.Step]:
    """Start a VM that nobody asked to stop."""
    return [
        *_confirm(choice),
        *choice_.admit(choice),
        _step("start_server", "Start the VM.", _REBOOT_TIMEOUT, "restored"),
        *_serve_and_settle(choice),
    ]


def rebuild(choice: Choice) -> list[model.Step]:
    """Make the root disk anew from a checkpoint, in place.

    The server keeps its id, ports and addresses; Heat does not look at a
    server's image, so the VNFM's record stays right.
    """
    return [
        *_confirm(choice),
        *choice_.admit(choice),
        *_clear_operation(choice),
        _step(
            "rebuild_server",
            "Make the disk anew from the image.",
            marks="restored",
            args=_source(choice),
        ),
        *_serve_and_settle(choice),
    ]


def evacuate(choice: Choice) -> list[model.Step]:
    """Move the server off a dead host; it keeps its id.

    An image-backed server gets the disk of its image, so it is not
    started before its checkpoint is put back: nobody is to see it without
    its state, and a guest that boots would not listen when Nova asks it
    to stop for the rebuild.
    """
    evacuated = _step(
        "evacuate_server",
        "Have Nova make the server on another host.",
        args={
            "host": choice.host.name,
            "start": not choice.checkpoint_id,
        },
        marks=None if choice.checkpoint_id else "restored",
    )
    steps = [
        *_confirm(choice),
        *choice_.fence(choice.host.name),
        *choice_.admit(choice),
        evacuated,
    ]
    if choice.checkpoint_id:
        steps.append(
            _step(
                "rebuild_server",
                "Put the checkpoint back.",
                marks="restored",
                args=_source(choice),
            )
        )
    return steps + _serve_and_settle(choice)


def replace(choice: Choice) -> list[model.Step]:
    """Have the VNFM put another server in its place.

    Nova deletes the dead server first: a heal that finds it alive waits
    for a dead host to detach its ports, and fails after 73 seconds. Ports,
    addresses and volumes stay; the server's id does not.
    """
    return [
        *_confirm(choice),
        *(choice_.fence(choice.host.name) if choice.host_lost else []),
        *choice_.admit(choice),
        *_clear_operation(choice),
        _step("delete_server", "Delete the dead server; its ports stay."),
        _step(
            "heal_vnfc",
            "Have the VNFM make the VNFC anew.",
            300.0,
            "restored",
            {**_source(choice), "server_id": choice.member.server_id},
        ),
        *_serve_and_settle(choice),
    ]


def import_state(choice: Choice) -> list[model.Step]:
    """Have the VNF import a checkpoint, or the newest, while it runs.

    A guest that somebody else put there, or that started by itself, knows
    nothing of a virtual address; so clients are led to it again.
    """
    return [
        _step(
            "give_state",
            "Have the member import the checkpoint.",
            marks="restored",
            args={
                "member_id": choice.member.member_id,
                "checkpoint_id": choice.checkpoint_id,
                "must": True,
            },
        ),
        choice_.verify(choice),
    ]


#: No decision leads here; an operator may ask for it.
IMPORT = Rung(
    name="import_state",
    zone=descriptor.Zone.VNFC,
    price="loses what is newer than the checkpoint",
    steps=import_state,
)

RUNGS: Mapping[str, Rung] = {
    rung.name: rung
    for rung in (
        Rung(
            name="soft_reboot",
            zone=descriptor.Zone.VNFC,
            price="keeps the disk; costs a boot",
            steps=soft_reboot,
        ),
        Rung(
            name="start",
            zone=descriptor.Zone.VM,
            price="keeps the disk; costs a boot",
            steps=start,
        ),
        Rung(
            name="hard_reboot",
            zone=descriptor.Zone.VM,
            price="keeps the disk; costs a boot",
            steps=hard_reboot,
        ),
        Rung(
            name="rebuild",
            zone=descriptor.Zone.VM,
            price="keeps the server's id; loses what is newer than the image",
            steps=rebuild,
        ),
        Rung(
            name="evacuate",
            zone=descriptor.Zone.HOST,
            price="keeps the server's id; a local disk is lost",
            steps=evacuate,
        ),
        Rung(
            name="replace",
            zone=descriptor.Zone.VM,
            price="keeps addresses and volumes; the server gets a new id",
            steps=replace,
        ),
        *replica_plans.RUNGS,
    )
}
