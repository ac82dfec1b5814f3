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


"""openstack nham vnf why."""

from __future__ import annotations

import argparse
from collections.abc import Mapping
from collections.abc import Sequence
from typing import Any

from osc_lib.command import command

from nham.core.decision import whatif
from nham.osc.v1 import base
from nham.osc.v1 import columns
from nham.osc.v1 import vnf as vnf_commands

Rows = tuple[Sequence[str], Sequence[Sequence[Any]]]


class WhyVnf(command.Lister):
    """Say what NHAM would do to a VNF now, and if something failed."""

    def get_parser(self, prog_name: str) -> argparse.ArgumentParser:
        """See base class."""
        parser = vnf_commands.with_vnfc(super().get_parser(prog_name))
        parser.add_argument(
            "--fault",
            choices=(*whatif.Fault, "all"),
            default="all",
            help="What is supposed to fail: the application (vnfc), its VM "
            "or its host; now: nothing, as it is (default: all)",
        )
        parser.add_argument(
            "--long",
            action="store_true",
            help="Show the steps and the alternatives that are refused, too",
        )
        return parser

    def take_action(self, parsed_args: argparse.Namespace) -> Rows:
        """See base class."""
        client = base.client_of(self)
        found = client.find_vnf(parsed_args.vnf)
        group_id = vnf_commands.group_of(found, parsed_args.vnfc)
        outlooks = client.explain_vnf(found.id, parsed_args.fault, group_id)
        names = _COLUMNS + (_MORE if parsed_args.long else ())
        return names, [_row(one, parsed_args.long) for one in outlooks]


_COLUMNS: tuple[str, ...] = (
    "VNFC",
    "Fault",
    "Verdict",
    "Zone",
    "Rung",
    "Outage",
    "State lost",
    "Held by",
    "Why",
)
_MORE: tuple[str, ...] = ("Rule", "Source", "Refused", "Steps")


def _row(one: Mapping[str, Any], more: bool) -> tuple[Any, ...]:
    outage = one["outage"] or {}
    why = [*one["reasons"]]
    if one["unseen"]:
        why.append(f"NHAM would not see it: {one['unseen']}")
    if outage:
        why.append(f"outage: {outage['says']}")
    row: tuple[Any, ...] = (
        one["vnfc"],
        one["fault"],
        one["kind"],
        one["zone"],
        one["rung"],
        columns.Seconds(outage.get("seconds")),
        columns.Seconds(one["state_age"]),
        one["held_by"],
        columns.Lines(why),
    )
    if not more:
        return row
    return (
        *row,
        one["rule"],
        one["rule_source"],
        columns.Lines(one["refused"]),
        columns.Lines(
            [f"{step['id']}: {step['note']}" for step in one["steps"]]
        ),
    )
