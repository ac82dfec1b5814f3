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


"""openstack nham event ..."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from typing import Any

from osc_lib.command import command

from nham.osc.v1 import base
from nham.osc.v1 import columns

Rows = tuple[Sequence[str], Sequence[Sequence[Any]]]


class ListEvent(command.Lister):
    """List what happened, oldest first."""

    def get_parser(self, prog_name: str) -> argparse.ArgumentParser:
        """See base class."""
        parser = super().get_parser(prog_name)
        base.add_list_options(parser)
        parser.add_argument(
            "--after",
            metavar="<event-id>",
            type=int,
            help="List those after this event (default: the newest ones)",
        )
        parser.add_argument(
            "--limit",
            metavar="<number>",
            type=int,
            help="List so many at most",
        )
        return parser

    def take_action(self, parsed_args: argparse.Namespace) -> Rows:
        """See base class."""
        query = base.query_of(self, parsed_args)
        for name in ("after", "limit"):
            if getattr(parsed_args, name) is not None:
                query[name] = getattr(parsed_args, name)
        names: tuple[str, ...] = ("ID", "At", "Severity", "Kind", "Message")
        rows: list[tuple[Any, ...]] = []
        for one in base.client_of(self).events(**query):
            more = (one.vnf_id, one.host) if parsed_args.long else ()
            at = columns.Moment(one.at)
            rows.append(
                (one.id, at, one.severity, one.kind, one.message, *more)
            )
        return names + (("VNF", "Host") if parsed_args.long else ()), rows
