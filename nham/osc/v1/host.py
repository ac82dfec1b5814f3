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


"""openstack nham host ..."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from typing import Any

from osc_lib.command import command

from nham.osc.v1 import base
from nham.osc.v1 import columns

Rows = tuple[Sequence[str], Sequence[Sequence[Any]]]
One = tuple[Sequence[str], Sequence[Any]]


class ListHost(command.Lister):
    """List the compute hosts that NHAM knows something of."""

    def take_action(self, _parsed_args: argparse.Namespace) -> Rows:
        """See base class."""
        rows = [
            (
                one.name,
                columns.Moment(one.fenced_at),
                one.proof,
                one.forced_down,
                columns.Moment(one.maintenance_at),
                columns.Moment(one.quarantined_at),
            )
            for one in base.client_of(self).hosts()
        ]
        return (
            "Name",
            "Fenced at",
            "Proof",
            "Forced down",
            "Maintenance since",
            "Quarantined since",
        ), rows


class ShowHost(command.ShowOne):
    """Show a host, and what NHAM has on it.

    Of each member it is told whether it leaves the host in a maintenance or
    a quarantine, and why not.
    """

    def get_parser(self, prog_name: str) -> argparse.ArgumentParser:
        """See base class."""
        return _with_host(super().get_parser(prog_name))

    def take_action(self, parsed_args: argparse.Namespace) -> One:
        """See base class."""
        one = base.client_of(self).get_host(parsed_args.host)
        shown = {
            "name": one.name,
            "fenced_at": columns.Moment(one.fenced_at),
            "proof": one.proof,
            "forced_down": one.forced_down,
            "maintenance_at": columns.Moment(one.maintenance_at),
            "maintenance_reason": one.maintenance_reason,
            "quarantined_at": columns.Moment(one.quarantined_at),
            "quarantine_reason": one.quarantine_reason,
            "released_at": columns.Moment(one.released_at),
            "members": columns.HostMembers(one.members),
        }
        return tuple(shown), tuple(shown.values())


class FencedHost(command.Command):
    """Vouch for it that a host is off, so that its VMs may be moved.

    If the host still runs its VMs, they will run twice and may destroy
    their data.
    """

    def get_parser(self, prog_name: str) -> argparse.ArgumentParser:
        """See base class."""
        parser = _with_host(super().get_parser(prog_name))
        return _with_reason(parser, "How you know that the host is off")

    def take_action(self, parsed_args: argparse.Namespace) -> None:
        """See base class."""
        base.client_of(self).host_fenced(parsed_args.host, parsed_args.reason)


class SetMaintenance(command.Command):
    """Begin the maintenance of a host.

    NHAM has other members serve in place of those on it, one after the
    other, and repairs nothing there until the maintenance ends. ``host show``
    tells how far that is, and which members stay.
    """

    def get_parser(self, prog_name: str) -> argparse.ArgumentParser:
        """See base class."""
        parser = _with_host(super().get_parser(prog_name))
        return _with_reason(parser, "What is done to the host")

    def take_action(self, parsed_args: argparse.Namespace) -> None:
        """See base class."""
        client = base.client_of(self)
        client.begin_maintenance(parsed_args.host, parsed_args.reason)


class UnsetMaintenance(command.Command):
    """End the maintenance of a host."""

    def get_parser(self, prog_name: str) -> argparse.ArgumentParser:
        """See base class."""
        return _with_host(super().get_parser(prog_name))

    def take_action(self, parsed_args: argparse.Namespace) -> None:
        """See base class."""
        base.client_of(self).end_maintenance(parsed_args.host)


class ReleaseHost(command.Command):
    """Take a host out of quarantine.

    What failed on it before counts no more.
    """

    def get_parser(self, prog_name: str) -> argparse.ArgumentParser:
        """See base class."""
        return _with_host(super().get_parser(prog_name))

    def take_action(self, parsed_args: argparse.Namespace) -> None:
        """See base class."""
        base.client_of(self).release_host(parsed_args.host)


def _with_host(parser: argparse.ArgumentParser) -> argparse.ArgumentParser:
    parser.add_argument("host", metavar="<host>", help="Host (name)")
    return parser


def _with_reason(
    parser: argparse.ArgumentParser, meaning: str
) -> argparse.ArgumentParser:
    parser.add_argument(
        "--reason",
        metavar="<text>",
        required=True,
        help=f"{meaning}; it is kept",
    )
    return parser
