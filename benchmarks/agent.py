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

"""What an agent costs its host: ``python3 -m benchmarks.agent``.

A real agent in a process of its own, with guests that are idle processes
and a hypervisor that lists them each second, says its heartbeats to two
engines on loopback.
"""

from __future__ import annotations

import argparse
import os
from pathlib import Path
import subprocess
import sys
import tempfile
import threading
import time
from typing import Any
import uuid

from benchmarks import rows
from benchmarks.bed import listener
from nham.agent import agent as agent_
from nham.agent import loop as loop_
from nham.agent import processes
from nham.agent import promises
from nham.agent import watchdog
from nham.agent.hypervisor import fake
from nham.core.agent import guests
from nham.core.agent import messages
from nham.core.agent import wire

GUESTS = (0, 50, 200)
ENGINES = 2
INTERVAL = 0.1
HOST = "bench"
RING = wire.KeyRing((("bench", b"b" * 32),))
#: Seconds of one sample, and before the first.
WINDOW = 2.0
_TICKS = os.sysconf("SC_CLK_TCK")


class Guests:
    """Idle processes that look like guests, of which it ends its own."""

    def __init__(self, folder: Path, count: int) -> None:
        self.run_dir, self.proc = folder / "run", folder / "proc"
        self.run_dir.mkdir()
        self.proc.mkdir()
        self._running = [self._start() for _number in range(count)]

    def _start(self) -> subprocess.Popen[bytes]:
        server_id = str(uuid.uuid4())
        one = subprocess.Popen(
            ["qemu-bench", "-c", "read x", "-uuid", server_id],
            executable="/bin/sh",
            stdin=subprocess.PIPE,
        )
        (self.run_dir / f"{server_id}.pid").write_text(str(one.pid))
        (self.proc / str(one.pid)).symlink_to(f"/proc/{one.pid}")
        return one

    def stop(self) -> None:
        """End them."""
        for one in self._running:
            one.kill()
            one.communicate()


def serve(folder: Path, engines: list[str]) -> None:
    """Be an agent until the standard input ends."""
    loop = loop_.Loop(loop_.bind("127.0.0.1", 0))
    found = processes.Processes(str(folder / "run"), str(folder / "proc"))
    ports = agent_.Ports(
        send=loop.send,
        processes=found,
        promises=promises.Promises(str(folder / "state")),
        watchdog=watchdog.NoWatchdog(),
    )
    settings = agent_.Settings(
        host=HOST,
        boot=uuid.uuid4().hex,
        engines=tuple(engines),
        ring=RING,
        interval=INTERVAL,
        patience=0.5,
        version="bench",
    )
    agent = agent_.Agent(settings, ports, loop_.now())
    hypervisor = fake.FakeHypervisor()
    running = guests.Listed(messages.GuestState.RUNNING)
    listed = dict.fromkeys(
        processes.all_of_host(str(folder / "proc")).values(), running
    )

    def end() -> None:
        sys.stdin.read()
        loop.stop()

    def tell() -> None:
        while hypervisor.started:
            hypervisor.list(listed)
            hypervisor.answer()
            time.sleep(1.0)

    hypervisor.start(lambda news: None)
    threading.Thread(target=end, daemon=True).start()
    threading.Thread(target=tell, daemon=True).start()
    loop.run(agent, hypervisor)


def cpu_seconds(pid: int) -> float:
    """Return the CPU time that a process has used."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / _TICKS


def memory(pid: int) -> float:
    """Return the memory of a process, its share of shared pages, in MiB."""
    for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
        if line.startswith("Pss:"):
            return int(line.split()[1]) / 1024
    raise ValueError("no Pss")


def measure(count: int, samples: int) -> tuple[list[float], list[float]]:
    """Return per cent of a core and MiB of an agent with so many guests."""
    with tempfile.TemporaryDirectory(prefix="nham-bench-") as name:
        folder = Path(name)
        there = Guests(folder, count)
        hosts = frozenset({HOST})
        engines = [listener.Listener(hosts, RING) for _n in range(ENGINES)]
        for engine in engines:
            engine.start()
        words = [one.where for one in engines]
        child = subprocess.Popen(
            [
                sys.executable,
                "-m",
                "benchmarks.agent",
                "--serve",
                name,
                *words,
            ],
            stdin=subprocess.PIPE,
        )
        try:
            return _watch(child.pid, engines, samples)
        finally:
            child.communicate()
            there.stop()
            for engine in engines:
                engine.stop()


def _watch(
    pid: int, engines: list[listener.Listener], samples: int
) -> tuple[list[float], list[float]]:
    for engine in engines:
        engine.heard.get(timeout=60)
    time.sleep(WINDOW)
    shares, sizes = [], []
    for _sample in range(samples):
        begin, used = time.monotonic(), cpu_seconds(pid)
        time.sleep(WINDOW)
        spent = cpu_seconds(pid) - used
        shares.append(100 * spent / (time.monotonic() - begin))
        sizes.append(memory(pid))
    return shares, sizes


def measured(samples: int) -> list[dict[str, Any]]:
    """Return two rows a case."""
    found = []
    for count in GUESTS:
        shares, sizes = measure(count, samples)
        case = f"one agent, {count} guests, {ENGINES} engines, 100 ms"
        found.append(rows.row(shares, "% of a core", case=case))
        found.append(rows.row(sizes, "MiB", case=case))
    return found


def main() -> None:
    """Measure, and print or write what was measured."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", type=Path, help="write the rows here")
    parser.add_argument("--samples", type=int, default=5)
    parser.add_argument("--serve", nargs="+", help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.serve:
        serve(Path(arguments.serve[0]), arguments.serve[1:])
        return
    found = measured(arguments.samples)
    print(rows.table(found))
    if arguments.json:
        rows.save(arguments.json, found)


if __name__ == "__main__":
    main()
