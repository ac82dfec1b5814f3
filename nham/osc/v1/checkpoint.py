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


"""openstack nham checkpoint ..."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from typing import Any

from osc_lib import exceptions
from osc_lib.command import command

from nham.osc.v1 import base
from nham.osc.v1 import columns
from nham.osc.v1 import recovery as recovery_commands
from nham.sdk.v1 import _proxy
from nham.sdk.v1 import checkpoint as _checkpoint

Rows = tuple[Sequence[str], Sequence[Sequence[Any]]]
One = tuple[Sequence[str], Sequence[Any]]


class ListCheckpoint(command.Lister):
    """List checkpoints, newest first."""

    def get_parser(self, prog_name: str) -> argparse.ArgumentParser:
        """See base class."""
        parser = super().get_parser(prog_name)
        base.add_list_options(parser)
        parser.add_argument(
            "--state",
            metavar="<state>",
            help="List those in this state only, e.g. available",
        )
        return parser

    def take_action(self, parsed_args: argparse.Namespace) -> Rows:
        """See base class."""
        query = base.query_of(self, parsed_args)
        if parsed_args.state:
            query["state"] = parsed_args.state
        found = base.client_of(self).checkpoints(**query)
        return listed(found, parsed_args.long)


class ShowCheckpoint(command.ShowOne):
    """Show a checkpoint."""

    def get_parser(self, prog_name: str) -> argparse.ArgumentParser:
        """See base class."""
        return _with_checkpoint(super().get_parser(prog_name))

    def take_action(self, parsed_args: argparse.Namespace) -> One:
        """See base class."""
        client = base.client_of(self)
        found = client.get_checkpoint(parsed_args.checkpoint)
        return (
            (*_COLUMNS, *_MORE, "Digest", "Artifacts"),
            (*_row(found, more=True), found.digest, found.artifacts),
        )


class CreateCheckpoint(command.Lister):
    """Take a checkpoint of each VNFC of a VNF now."""

    def get_parser(self, prog_name: str) -> argparse.ArgumentParser:
        """See base class."""
        parser = super().get_parser(prog_name)
        parser.add_argument("vnf", metavar="<vnf>", help="VNF (name or ID)")
        parser.add_argument(
            "--group",
            metavar="<group-id>",
            help="Of this replica group only",
        )
        base.add_wait_options(parser)
        return parser

    def take_action(self, parsed_args: argparse.Namespace) -> Rows:
        """See base class."""
        client = base.client_of(self)
        vnf = client.find_vnf(parsed_args.vnf)
        made = client.create_checkpoints(vnf.id, parsed_args.group)
        timeout = parsed_args.timeout if parsed_args.wait else None
        return listed(wait_for(client, made, timeout), more=False)


class DeleteCheckpoint(command.Command):
    """Delete a checkpoint."""

    def get_parser(self, prog_name: str) -> argparse.ArgumentParser:
        """See base class."""
        return _with_checkpoint(super().get_parser(prog_name))

    def take_action(self, parsed_args: argparse.Namespace) -> None:
        """See base class."""
        base.client_of(self).delete_checkpoint(
            parsed_args.checkpoint, ignore_missing=False
        )


class RestoreCheckpoint(command.ShowOne):
    """Put a checkpoint back; show the recovery that does it."""

    def get_parser(self, prog_name: str) -> argparse.ArgumentParser:
        """See base class."""
        parser = _with_checkpoint(super().get_parser(prog_name))
        base.add_wait_options(parser)
        return parser

    def take_action(self, parsed_args: argparse.Namespace) -> One:
        """See base class."""
        client = base.client_of(self)
        found = client.restore_checkpoint(parsed_args.checkpoint)
        if parsed_args.wait:
            found = recovery_commands.wait_for(
                client, found.id, parsed_args.timeout
            )
        return recovery_commands.shown(found)


_COLUMNS: tuple[str, ...] = (
    "ID",
    "VNF",
    "Group",
    "Sequence",
    "Engine",
    "State",
    "Cut at",
    "Size",
    "Reason",
)
_MORE: tuple[str, ...] = (
    "Server",
    "Trigger",
    "Completed at",
    "Consistency",
    "Pause",
)


def wait_for(
    client: _proxy.Proxy,
    made: list[_checkpoint.Checkpoint],
    timeout: float | None,
) -> list[_checkpoint.Checkpoint]:
    """Return checkpoints once all are whole.

    :param timeout: seconds; None: do not wait.
    :raises CommandError: one failed, or is not whole in time.
    """
    if timeout is not None:
        made = base.wait_for(
            lambda: [client.get_checkpoint(one.id) for one in made],
            _awaited,
            timeout,
        )
    for one in made:
        if one.state == "failed":
            raise exceptions.CommandError(
                f"Checkpoint {one.id} failed: {one.reason}"
            )
    return made


def listed(found: Any, more: bool) -> Rows:
    """Return the columns of checkpoints."""
    names = _COLUMNS + (_MORE if more else ())
    return names, [_row(one, more) for one in found]


def _row(one: _checkpoint.Checkpoint, more: bool) -> tuple[Any, ...]:
    row: tuple[Any, ...] = (
        one.id,
        one.vnf_id,
        one.group_id,
        one.sequence,
        one.engine,
        one.state,
        columns.Moment(one.cut_at),
        one.size,
        one.reason,
    )
    if not more:
        return row
    return (
        *row,
        one.server_id,
        one.trigger,
        columns.Moment(one.completed_at),
        one.consistency,
        columns.Seconds(one.pause),
    )


def _with_checkpoint(
    parser: argparse.ArgumentParser,
) -> argparse.ArgumentParser:
    parser.add_argument(
        "checkpoint", metavar="<checkpoint>", help="Checkpoint (ID)"
    )
    return parser


def _awaited(found: Sequence[_checkpoint.Checkpoint]) -> str | None:
    creating = [one for one in found if one.state == "creating"]
    if not creating:
        return None
    return f"{len(found) - len(creating)} of {len(found)} checkpoints done"
