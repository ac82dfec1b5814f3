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

"""``nham trace``: what a prober sees of one target, as a file.

Exit codes: 0 good, 1 the target cannot be asked, 2 wrong usage.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable
import sys
import time
from typing import Any

from nham.adapters import errors
from nham.adapters.probes import base as probes
from nham.adapters.probes import network
from nham.core.detection import traces

#: Seconds between two looks at what was seen.
_LOOK = 0.05


def add_parser(subparsers: Any) -> None:
    """Add ``trace`` to the sub-commands of the ``nham`` command."""
    summary = "record how a target answers, to compare detectors on it"
    parser = subparsers.add_parser("trace", help=summary, description=summary)
    parser.add_argument("address", help="IP address that is asked")
    parser.add_argument("file", help="file to write, JSON lines")
    parser.add_argument(
        "--type", choices=("icmp", "tcp", "http", "udp"), default="icmp"
    )
    parser.add_argument("--port", type=int)
    parser.add_argument("--path", default="/")
    parser.add_argument(
        "--interval", type=float, default=0.25, help="seconds (default 0.25)"
    )
    parser.add_argument(
        "--seconds",
        type=float,
        default=600.0,
        help="for so long (default 600)",
    )
    parser.set_defaults(func=run)


def run(args: argparse.Namespace) -> int:
    """Record a trace until the time is over or somebody interrupts."""
    target = probes.Target(
        key="target",
        kind=args.type,
        address=args.address,
        port=args.port,
        path=args.path,
        interval=args.interval,
    )
    prober = network.NetworkProber()
    try:
        prober.set_targets([target])
        found = record(prober, args.seconds, time.monotonic, time.sleep)
    except (ValueError, errors.Refused) as error:
        print(f"nham trace: {error}", file=sys.stderr)
        return 1
    finally:
        prober.close()
    with open(args.file, "w", encoding="utf-8") as file:
        file.writelines(f"{line}\n" for line in traces.write(found))
    return 0


def record(
    prober: probes.Prober,
    seconds: float,
    now: Callable[[], float],
    sleep: Callable[[float], None],
) -> list[traces.Question]:
    """Return what a prober with one target sees in so many seconds."""
    sent: dict[int, tuple[float, float]] = {}
    delays: dict[int, float] = {}
    end = now() + seconds
    try:
        while now() < end:
            sleep(_LOOK)
            lag = prober.lag()
            for seen in prober.collect():
                if seen.what == "sent":
                    sent[seen.sequence] = (seen.at, lag)
                elif seen.what == "good" and seen.sequence in sent:
                    delays[seen.sequence] = seen.at - sent[seen.sequence][0]
    except KeyboardInterrupt:
        pass
    first = min((at for at, _lag in sent.values()), default=0.0)
    return [
        traces.Question(at - first, delays.get(sequence), lag)
        for sequence, (at, lag) in sorted(sent.items())
    ]
