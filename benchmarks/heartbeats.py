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

"""What hearing agents costs: ``python3 -m benchmarks.heartbeats``.

One process listens as an engine does; another one is all the agents, over
the loopback. Only the listener's processor time counts. The agents have
one socket for all of them, which costs the listener as much as many.
"""

from __future__ import annotations

import argparse
from pathlib import Path
import socket
import subprocess
import sys
import time

from benchmarks import rows
from nham.adapters import clock
from nham.adapters.agents import udp
from nham.core.agent import exchange
from nham.core.agent import messages
from nham.core.agent import terms
from nham.core.agent import wire
from nham.core.detection import tracker

AGENTS = 1000
INTERVAL = 0.1
RING = wire.KeyRing((("benchmark", bytes(32)),))
#: Datagrams go out in this many bunches an interval.
_BUNCHES = 20


def heartbeat(host: str, sequence: int, nonce: str) -> bytes:
    """Return the datagram of one heartbeat."""
    beat = messages.Heartbeat(
        host=host,
        boot=f"boot of {host}",
        sequence=sequence,
        nonce=nonce,
        sent_at=time.monotonic(),
        guests=0,
        digest="",
        hypervisor_ok=True,
        version="benchmark",
    )
    return wire.encode(beat, RING)


def send(port: int, agents: int) -> None:
    """Be so many agents until somebody ends us."""
    hosts = [f"host-{number}" for number in range(agents)]
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as out:
        out.connect(("127.0.0.1", port))
        out.settimeout(1.0)
        nonces = {}
        for host in hosts:
            out.send(heartbeat(host, 0, ""))
            answer = wire.decode(out.recv(wire.MAX_SIZE), RING)
            assert isinstance(answer, messages.Ack)
            nonces[host] = answer.nonce
        out.setblocking(False)
        due, sequence = time.monotonic(), 0
        while True:
            sequence += 1
            for bunch in range(_BUNCHES):
                for host in hosts[bunch::_BUNCHES]:
                    out.send(heartbeat(host, sequence, nonces[host]))
                _drain(out)
                due += INTERVAL / _BUNCHES
                time.sleep(max(due - time.monotonic(), 0.0))


def _drain(out: socket.socket) -> None:
    try:
        while True:
            out.recv(wire.MAX_SIZE)
    except BlockingIOError:
        return


class _Counting(exchange.Exchange):
    """An exchange that counts what it hears."""

    heard = 0

    def hear(
        self, message: wire.Message, at: float
    ) -> list[messages.FromEngine]:
        """See base class."""
        self.heard += 1
        return super().hear(message, at)


def measured(
    agents: int, samples: int, seconds: float
) -> list[dict[str, object]]:
    """Return the rows."""
    hosts = frozenset(f"host-{number}" for number in range(agents))
    talk = _Counting(
        "engine", "life", bytes(32), terms.Terms(interval=INTERVAL)
    )
    talk.set_hosts(hosts)
    listener = udp.UdpAgents(
        talk, RING, "127.0.0.1", 0, clock.SystemClock(), lambda: None
    )
    command = [sys.executable, "-m", "benchmarks.heartbeats"]
    command += ["--agents", str(agents), "--send-to", str(listener.port)]
    sender = subprocess.Popen(command)
    try:
        while not all(_is_heard(listener, host) for host in hosts):
            time.sleep(0.1)
        found = [_sample(listener, talk, seconds) for _ in range(samples)]
    finally:
        sender.kill()
        sender.wait()
        listener.close()
    case = f"{agents} agents, a heartbeat each {INTERVAL * 1000:.0f} ms"
    return [
        rows.row([one[0] for one in found], unit="% of a core", case=case),
        rows.row(
            [one[1] for one in found],
            unit="us",
            case=f"{case}: processor time of one",
        ),
        rows.row([one[2] for one in found], unit="1/s", case=f"{case}: heard"),
    ]


def _is_heard(listener: udp.UdpAgents, host: str) -> bool:
    return listener.health(host) is tracker.Health.OK


def _sample(
    listener: udp.UdpAgents, talk: _Counting, seconds: float
) -> tuple[float, float, float]:
    """Return the share in percent, microseconds each, and the rate."""
    began, cpu, heard = time.monotonic(), time.process_time(), talk.heard
    time.sleep(seconds)
    took = time.monotonic() - began
    used, number = time.process_time() - cpu, talk.heard - heard
    return 100 * used / took, 1e6 * used / max(number, 1), number / took


def main() -> None:
    """Measure, and print or write what was measured."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", type=Path, help="write the rows here")
    parser.add_argument("--agents", type=int, default=AGENTS)
    parser.add_argument("--samples", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=5.0)
    parser.add_argument("--send-to", type=int, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.send_to is not None:
        send(given.send_to, given.agents)
    found = measured(given.agents, given.samples, given.seconds)
    print(rows.table(found))
    if given.json is not None:
        rows.save(given.json, found)


if __name__ == "__main__":
    main()
