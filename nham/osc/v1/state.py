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


"""openstack nham vnf state ..."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
import os
from pathlib import Path
from typing import Any

from osc_lib import exceptions
from osc_lib.command import command

from nham.osc.v1 import base
from nham.osc.v1 import checkpoint as checkpoint_commands
from nham.osc.v1 import recovery as recovery_commands
from nham.osc.v1 import vnf as vnf_commands

Rows = tuple[Sequence[str], Sequence[Sequence[Any]]]
One = tuple[Sequence[str], Sequence[Any]]


class ExportVnfState(command.Lister):
    """Save the state of a VNF now: a checkpoint of each VNFC."""

    def get_parser(self, prog_name: str) -> argparse.ArgumentParser:
        """See base class."""
        parser = vnf_commands.with_vnfc(super().get_parser(prog_name))
        parser.add_argument(
            "--file",
            metavar="<file>",
            help="Write the state to a file, too; only of one VNFC whose "
            "state a hook exports",
        )
        parser.add_argument(
            "--timeout",
            metavar="<seconds>",
            type=float,
            default=600.0,
            help="Give up waiting after so long, default=600",
        )
        return parser

    def take_action(self, parsed_args: argparse.Namespace) -> Rows:
        """See base class."""
        client, path = base.client_of(self), parsed_args.file
        vnf = client.find_vnf(parsed_args.vnf)
        group_id = vnf_commands.group_of(vnf, parsed_args.vnfc)
        if path and group_id is None and len(vnf.groups or ()) != 1:
            raise exceptions.CommandError(
                f"--file: holds the state of one VNFC, and {vnf.name} has "
                "several: say which with --vnfc"
            )
        made = checkpoint_commands.wait_for(
            client,
            client.create_checkpoints(vnf.id, group_id),
            parsed_args.timeout,
        )
        if path:
            _write(path, client.get_checkpoint_state(made[0].id))
        return checkpoint_commands.listed(made, more=True)


class ImportVnfState(command.ShowOne):
    """Have the member that serves a VNFC take a state in."""

    def get_parser(self, prog_name: str) -> argparse.ArgumentParser:
        """See base class."""
        parser = super().get_parser(prog_name)
        parser.add_argument("vnf", metavar="<vnf>", help="VNF (name or ID)")
        parser.add_argument(
            "--vnfc",
            metavar="<vnfc>",
            required=True,
            help="VNFC of it that the state is for, e.g. VDU1-0",
        )
        parser.add_argument(
            "--file",
            metavar="<file>",
            required=True,
            help="File with the state, as exported before",
        )
        base.add_wait_options(parser)
        return parser

    def take_action(self, parsed_args: argparse.Namespace) -> One:
        """See base class."""
        client, path = base.client_of(self), parsed_args.file
        try:
            data = Path(path).read_bytes()
        except OSError as error:
            raise exceptions.CommandError(f"{path}: {error}") from error
        vnf = client.find_vnf(parsed_args.vnf)
        group_id = vnf_commands.group_of(vnf, parsed_args.vnfc)
        found = client.import_vnf_state(vnf.id, str(group_id), data)
        if parsed_args.wait:
            found = recovery_commands.wait_for(
                client, found.id, parsed_args.timeout
            )
        return recovery_commands.shown(found)


def _write(path: str, data: bytes) -> None:
    """Write a file that only its owner may read: what it holds is theirs."""
    flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC
    try:
        with open(os.open(path, flags, 0o600), "wb") as file:
            file.write(data)
    except OSError as error:
        raise exceptions.CommandError(f"{path}: {error}") from error
