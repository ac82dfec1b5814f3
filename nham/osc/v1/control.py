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

"""openstack nham pause, resume and status ..."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from typing import Any

from osc_lib.command import command

from nham.osc.v1 import base
from nham.sdk.v1 import control

One = tuple[Sequence[str], Sequence[Any]]


class Pause(command.ShowOne):
    """Let NHAM watch and decide, and do nothing, until it is resumed.

    What it would do is told in events and in the states of the VNFs. What
    was begun before ends.
    """

    def get_parser(self, prog_name: str) -> argparse.ArgumentParser:
        """See base class."""
        parser = super().get_parser(prog_name)
        parser.add_argument(
            "--reason",
            metavar="<text>",
            required=True,
            help="Why it is paused; it is kept",
        )
        return parser

    def take_action(self, parsed_args: argparse.Namespace) -> One:
        """See base class."""
        return _shown(base.client_of(self).pause(parsed_args.reason))


class Resume(command.ShowOne):
    """Let NHAM act again."""

    def take_action(self, _parsed_args: argparse.Namespace) -> One:
        """See base class."""
        return _shown(base.client_of(self).resume())


class Status(command.ShowOne):
    """Show whether NHAM may act."""

    def take_action(self, _parsed_args: argparse.Namespace) -> One:
        """See base class."""
        return _shown(base.client_of(self).get_control())


def _shown(one: control.Control) -> One:
    return ("paused", "reason"), (one.paused, one.reason)
