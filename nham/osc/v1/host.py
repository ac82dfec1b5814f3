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
            )
            for one in base.client_of(self).hosts()
        ]
        return ("Name", "Fenced at", "Proof", "Forced down"), rows


class FencedHost(command.Command):
    """Vouch for it that a host is off, so that its VMs may be moved.

    If the host still runs its VMs, they will run twice and may destroy
    their data.
    """

    def get_parser(self, prog_name: str) -> argparse.ArgumentParser:
        """See base class."""
        parser = super().get_parser(prog_name)
        parser.add_argument("host", metavar="<host>", help="Host (name)")
        parser.add_argument(
            "--reason",
            metavar="<text>",
            required=True,
            help="How you know that the host is off; it is kept",
        )
        return parser

    def take_action(self, parsed_args: argparse.Namespace) -> None:
        """See base class."""
        base.client_of(self).host_fenced(parsed_args.host, parsed_args.reason)
