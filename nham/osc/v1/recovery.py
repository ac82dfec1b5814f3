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


"""openstack nham recovery ..."""

from __future__ import annotations

import argparse
from collections.abc import Mapping
from collections.abc import Sequence
import sys
from typing import Any

from osc_lib import exceptions
from osc_lib.command import command
import yaml

from nham.osc.v1 import base
from nham.osc.v1 import columns
from nham.sdk.v1 import _proxy
from nham.sdk.v1 import recovery as _recovery

Rows = tuple[Sequence[str], Sequence[Sequence[Any]]]
One = tuple[Sequence[str], Sequence[Any]]


class ListRecovery(command.Lister):
    """List the newest recoveries, newest first."""

    def get_parser(self, prog_name: str) -> argparse.ArgumentParser:
        """See base class."""
        parser = super().get_parser(prog_name)
        base.add_list_options(parser)
        parser.add_argument(
            "--state",
            metavar="<state>",
            help="List those in this state only, e.g. running",
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
        for name in ("state", "limit"):
            if getattr(parsed_args, name) is not None:
                query[name] = getattr(parsed_args, name)
        found = base.client_of(self).recoveries(**query)
        names = _COLUMNS + (_MORE if parsed_args.long else ())
        return names, [_row(one, parsed_args.long) for one in found]


class ShowRecovery(command.ShowOne):
    """Show a recovery: its timeline, its steps, and why."""

    def get_parser(self, prog_name: str) -> argparse.ArgumentParser:
        """See base class."""
        parser = super().get_parser(prog_name)
        parser.add_argument(
            "recovery", metavar="<recovery>", help="Recovery (ID)"
        )
        parser.add_argument(
            "--facts",
            metavar="<file>",
            nargs="?",
            const="",
            help="Write the facts that it was decided on to a file, for "
            "nham simulate --facts; by default facts-<recovery>.yaml "
            "(admin only)",
        )
        return parser

    def take_action(self, parsed_args: argparse.Namespace) -> One:
        """See base class."""
        client = base.client_of(self)
        found = client.get_recovery(parsed_args.recovery)
        if parsed_args.facts is not None:
            path = parsed_args.facts or f"facts-{found.id}.yaml"
            _write(path, client.get_recovery_facts(found.id))
        return shown(found)


def _write(path: str, facts: Mapping[str, Any]) -> None:
    try:
        with open(path, "w", encoding="utf-8") as file:
            yaml.safe_dump(facts, file, sort_keys=False)
    except OSError as error:
        raise exceptions.CommandError(f"{path}: {error}") from error
    print(f"Its facts are in {path}", file=sys.stderr)


_COLUMNS: tuple[str, ...] = (
    "ID",
    "VNF",
    "Subject",
    "Zone",
    "Rung",
    "State",
    "Started at",
    "Outage",
    "Reason",
)
_MORE: tuple[str, ...] = ("Group", "Epoch", "Rule", "Owner", "Ended at")


def wait_for(
    client: _proxy.Proxy, recovery_id: str, timeout: float
) -> _recovery.Recovery:
    """Return a recovery once it has succeeded.

    :raises CommandError: it has not, or not in time.
    """
    found = base.wait_for(
        lambda: client.get_recovery(recovery_id), _running_step, timeout
    )
    if found.state != "succeeded":
        raise exceptions.CommandError(
            f"Recovery {found.id} {found.state}: {found.reason}"
        )
    return found


def shown(one: _recovery.Recovery) -> One:
    """Return the columns of one recovery in full."""
    names = (
        *_COLUMNS,
        *_MORE,
        "Rule says",
        "Rule source",
        "Timeline",
        "Evidence",
        "Reasons",
        "Refused",
        "Steps",
    )
    values = (
        *_row(one, more=True),
        one.rule_says,
        one.rule_source,
        columns.Timeline(one.timeline),
        columns.Lines(one.evidence),
        columns.Lines(one.reasons),
        columns.Lines(one.refused),
        columns.Steps(one.steps),
    )
    return names, values


def _row(one: _recovery.Recovery, more: bool) -> tuple[Any, ...]:
    row: tuple[Any, ...] = (
        one.id,
        one.vnf_id,
        one.subject,
        one.zone,
        one.rung,
        one.state,
        columns.Moment(one.started_at),
        columns.Seconds(one.timeline.get("outage_seconds")),
        one.reason,
    )
    if not more:
        return row
    return (
        *row,
        one.group_id,
        one.epoch,
        one.rule,
        one.owner,
        columns.Moment(one.ended_at),
    )


def _running_step(found: _recovery.Recovery) -> str | None:
    if found.state != "running":
        return None
    started = [one for one in found.steps if one["state"] != "pending"]
    if not started:
        return f"recovery {found.id} begins"
    return columns.step(started[-1])
