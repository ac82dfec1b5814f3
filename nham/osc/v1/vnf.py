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


"""openstack nham vnf ..."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
import json
from pathlib import Path
from typing import Any

from osc_lib import exceptions
from osc_lib.command import command
import yaml

from nham.osc.v1 import base
from nham.osc.v1 import columns
from nham.sdk.v1 import recovery as _recovery
from nham.sdk.v1 import vnf as _vnf

Rows = tuple[Sequence[str], Sequence[Sequence[Any]]]
One = tuple[Sequence[str], Sequence[Any]]


class ListVnf(command.Lister):
    """List the VNFs that NHAM knows."""

    def get_parser(self, prog_name: str) -> argparse.ArgumentParser:
        """See base class."""
        parser = super().get_parser(prog_name)
        base.add_list_options(parser, by_vnf=False)
        return parser

    def take_action(self, parsed_args: argparse.Namespace) -> Rows:
        """See base class."""
        query = base.query_of(self, parsed_args)
        found = base.client_of(self).vnfs(**query)
        rows = [_row(vnf, parsed_args.long) for vnf in found]
        return _COLUMNS + (_MORE if parsed_args.long else ()), rows


class ShowVnf(command.ShowOne):
    """Show a VNF with its VNFCs, checkpoints and policies."""

    def get_parser(self, prog_name: str) -> argparse.ArgumentParser:
        """See base class."""
        return _with_vnf(super().get_parser(prog_name))

    def take_action(self, parsed_args: argparse.Namespace) -> One:
        """See base class."""
        return _shown(base.client_of(self).find_vnf(parsed_args.vnf))


class RegisterVnf(command.ShowOne):
    """Protect a VNF that no VNF manager knows."""

    def get_parser(self, prog_name: str) -> argparse.ArgumentParser:
        """See base class."""
        parser = super().get_parser(prog_name)
        parser.add_argument("name", metavar="<name>", help="Name of the VNF")
        parser.add_argument(
            "--descriptor",
            metavar="<file>",
            required=True,
            help="File with its descriptor (TOSCA in YAML)",
        )
        parser.add_argument(
            "--server",
            metavar="<vdu>=<server-id>",
            action="append",
            required=True,
            help="A server of a VDU of the descriptor "
            "(repeat for each server)",
        )
        return parser

    def take_action(self, parsed_args: argparse.Namespace) -> One:
        """See base class."""
        made = base.client_of(self).register_vnf(
            parsed_args.name,
            _text_of(parsed_args.descriptor),
            _servers_of(parsed_args.server),
        )
        return _shown(made)


class UnregisterVnf(command.Command):
    """Stop protecting VNFs; their checkpoints are removed."""

    def get_parser(self, prog_name: str) -> argparse.ArgumentParser:
        """See base class."""
        return _with_vnf(super().get_parser(prog_name))

    def take_action(self, parsed_args: argparse.Namespace) -> None:
        """See base class."""
        client = base.client_of(self)
        found = client.find_vnf(parsed_args.vnf)
        client.unregister_vnf(found.id, ignore_missing=False)


class ProtectVnf(command.ShowOne):
    """Protect a VNF by a descriptor, or by its own one again."""

    def get_parser(self, prog_name: str) -> argparse.ArgumentParser:
        """See base class."""
        parser = _with_vnf(super().get_parser(prog_name))
        parser.add_argument(
            "--descriptor",
            metavar="<file>",
            help="File with the descriptor to protect it by "
            "(default: the one in its VNF manager)",
        )
        return parser

    def take_action(self, parsed_args: argparse.Namespace) -> One:
        """See base class."""
        client, path = base.client_of(self), parsed_args.descriptor
        text = None if path is None else _text_of(path)
        found = client.find_vnf(parsed_args.vnf)
        return _shown(client.protect_vnf(found.id, text))


class SetVnf(command.ShowOne):
    """Change properties of a VNF's policies while it serves."""

    def get_parser(self, prog_name: str) -> argparse.ArgumentParser:
        """See base class."""
        parser = _with_vnf(super().get_parser(prog_name))
        parser.add_argument(
            "--vdu",
            metavar="<vdu>",
            help="Change what holds for this VDU only (default: for all)",
        )
        parser.add_argument(
            "--property",
            metavar="<path>=<value>",
            action="append",
            default=[],
            help="Property to set, the value as in a descriptor, e.g. "
            '"detection.poll_interval=250 ms" (repeat for several)',
        )
        parser.add_argument(
            "--unset",
            metavar="<path>",
            action="append",
            default=[],
            help="Property that is to have its default again "
            "(repeat for several)",
        )
        return parser

    def take_action(self, parsed_args: argparse.Namespace) -> One:
        """See base class."""
        properties = _properties_of(parsed_args.property)
        client = base.client_of(self)
        found = client.find_vnf(parsed_args.vnf)
        return _shown(
            client.set_vnf_properties(
                found.id, properties, parsed_args.unset, parsed_args.vdu
            )
        )


class PauseVnf(command.ShowOne):
    """Let NHAM do nothing to a VNF until it is resumed."""

    def get_parser(self, prog_name: str) -> argparse.ArgumentParser:
        """See base class."""
        return _with_vnf(super().get_parser(prog_name))

    def take_action(self, parsed_args: argparse.Namespace) -> One:
        """See base class."""
        client = base.client_of(self)
        return _shown(client.pause_vnf(client.find_vnf(parsed_args.vnf).id))


class ResumeVnf(command.ShowOne):
    """Let NHAM act on a VNF again."""

    def get_parser(self, prog_name: str) -> argparse.ArgumentParser:
        """See base class."""
        return _with_vnf(super().get_parser(prog_name))

    def take_action(self, parsed_args: argparse.Namespace) -> One:
        """See base class."""
        client = base.client_of(self)
        return _shown(client.resume_vnf(client.find_vnf(parsed_args.vnf).id))


class SwitchoverVnf(command.Lister):
    """Have the standby of a VNFC take over from a primary that is well."""

    def get_parser(self, prog_name: str) -> argparse.ArgumentParser:
        """See base class."""
        return with_vnfc(super().get_parser(prog_name))

    def take_action(self, parsed_args: argparse.Namespace) -> Rows:
        """See base class."""
        client = base.client_of(self)
        found = client.find_vnf(parsed_args.vnf)
        group_id = group_of(found, parsed_args.vnfc)
        return _begun(client.switchover_vnf(found.id, group_id))


class FailbackVnf(command.Lister):
    """Have the VNF manager's server of a VNFC serve again."""

    def get_parser(self, prog_name: str) -> argparse.ArgumentParser:
        """See base class."""
        return with_vnfc(super().get_parser(prog_name))

    def take_action(self, parsed_args: argparse.Namespace) -> Rows:
        """See base class."""
        client = base.client_of(self)
        found = client.find_vnf(parsed_args.vnf)
        group_id = group_of(found, parsed_args.vnfc)
        return _begun(client.failback_vnf(found.id, group_id))


def _begun(recoveries: Sequence[_recovery.Recovery]) -> Rows:
    return ("Recovery", "State"), [(one.id, one.state) for one in recoveries]


def group_of(vnf: _vnf.Vnf, vnfc: str | None) -> str | None:
    """Return the id of the group of a VNFC, None for none."""
    if vnfc is None:
        return None
    for group in vnf.groups or ():
        if group["vnfc"] == vnfc:
            return str(group["id"])
    raise exceptions.CommandError(f"--vnfc {vnfc}: {vnf.name} has no such")


_COLUMNS: tuple[str, ...] = (
    "ID",
    "Name",
    "Source",
    "State",
    "Reason",
    "Mechanism",
    "VNFCs",
    "Newest checkpoint age",
)
_MORE: tuple[str, ...] = (
    "Paused",
    "Project",
    "VNF instance",
    "VNFD",
    "Created at",
)


def _row(vnf: _vnf.Vnf, more: bool) -> tuple[Any, ...]:
    row: tuple[Any, ...] = (
        vnf.id,
        vnf.name,
        vnf.source,
        vnf.state,
        vnf.reason,
        columns.Words(vnf.mechanisms),
        columns.Words(vnf.vnfcs),
        columns.Seconds(vnf.newest_checkpoint_age),
    )
    if not more:
        return row
    return (
        *row,
        vnf.paused,
        vnf.project_id,
        vnf.instance_id,
        vnf.vnfd_id,
        columns.Moment(vnf.created_at),
    )


def _shown(vnf: _vnf.Vnf) -> One:
    names = (*_COLUMNS, *_MORE, "Groups", "SAL", "Policies")
    values = (
        *_row(vnf, more=True),
        columns.Groups(vnf.groups),
        columns.Levels(vnf.groups),
        columns.Policies(vnf.policies),
    )
    return names, values


def _with_vnf(parser: argparse.ArgumentParser) -> argparse.ArgumentParser:
    parser.add_argument("vnf", metavar="<vnf>", help="VNF (name or ID)")
    return parser


def with_vnfc(parser: argparse.ArgumentParser) -> argparse.ArgumentParser:
    """Add a VNF, and one of its VNFCs if wanted."""
    parser.add_argument(
        "--vnfc",
        metavar="<vnfc>",
        help="One VNFC of it, e.g. VDU1-0 (default: all)",
    )
    return _with_vnf(parser)


def _text_of(path: str) -> str:
    try:
        return Path(path).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise exceptions.CommandError(f"{path}: {error}") from error


def _properties_of(given: Sequence[str]) -> dict[str, Any]:
    """Return the values, read as the YAML of a descriptor is."""
    properties: dict[str, Any] = {}
    for pair in given:
        path, equals, text = pair.partition("=")
        if not (path and equals):
            raise exceptions.CommandError(
                f"--property {pair}: must be <path>=<value>"
            )
        if path in properties:
            raise exceptions.CommandError(f"--property {path}: given twice")
        try:
            value = yaml.safe_load(text)
        except yaml.YAMLError as error:
            raise exceptions.CommandError(
                f"--property {path}: {error}"
            ) from error
        # A date, which YAML knows and JSON does not, is text to NHAM.
        properties[path] = json.loads(json.dumps(value, default=str))
    return properties


def _servers_of(given: Sequence[str]) -> dict[str, list[str]]:
    servers: dict[str, list[str]] = {}
    for pair in given:
        vdu, equals, server_id = pair.partition("=")
        if not (vdu and equals and server_id):
            raise exceptions.CommandError(
                f"--server {pair}: must be <vdu>=<server-id>"
            )
        servers.setdefault(vdu, []).append(server_id)
    return servers
