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


"""What the commands share: the client, name or id, waiting."""

from __future__ import annotations

import argparse
from collections.abc import Callable
import sys
import time
from typing import Any
from typing import TypeVar

from osc_lib import exceptions

from nham.sdk.v1 import _proxy

T = TypeVar("T")

#: Seconds between two looks while a command waits.
PAUSE = 1.0


def client_of(command: Any) -> _proxy.Proxy:
    """Return NHAM's client."""
    client: _proxy.Proxy = command.app.client_manager.nham
    return client


def add_list_options(
    parser: argparse.ArgumentParser, by_vnf: bool = True
) -> None:
    """Add what every list has."""
    parser.add_argument(
        "--all-projects",
        action="store_true",
        help="List those of all projects (admin only)",
    )
    parser.add_argument(
        "--long", action="store_true", help="List more columns"
    )
    if by_vnf:
        parser.add_argument(
            "--vnf",
            metavar="<vnf>",
            help="List those of this VNF only (name or ID)",
        )


def query_of(command: Any, parsed: argparse.Namespace) -> dict[str, Any]:
    """Return the query that the options of ``add_list_options`` ask for."""
    query: dict[str, Any] = {}
    if parsed.all_projects:
        query["all_projects"] = True
    if getattr(parsed, "vnf", None):
        query["vnf_id"] = client_of(command).find_vnf(parsed.vnf).id
    return query


def add_wait_options(parser: argparse.ArgumentParser) -> None:
    """Add --wait and its time-out."""
    parser.add_argument(
        "--wait", action="store_true", help="Wait until it has ended"
    )
    parser.add_argument(
        "--timeout",
        metavar="<seconds>",
        type=float,
        default=600.0,
        help="With --wait: give up waiting after so long, default=600",
    )


def wait_for(
    look: Callable[[], T],
    progress: Callable[[T], str | None],
    timeout: float,
) -> T:
    """Look again and again until there is no progress to tell any more.

    :param progress: what is awaited, in words; None when it has ended.
    :raises CommandError: it has not ended in time.
    """
    deadline = time.monotonic() + timeout
    told = ""
    while True:
        found = look()
        words = progress(found)
        if words is None:
            return found
        if words != told:
            print(words, file=sys.stderr, flush=True)
            told = words
        if time.monotonic() > deadline:
            raise exceptions.CommandError(
                f"It has not ended after {timeout:g} s: {words}"
            )
        time.sleep(PAUSE)
