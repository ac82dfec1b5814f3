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

"""What the sample VNF counts and tells, and what the bed makes of it."""

from __future__ import annotations

import os
import socket
import struct
import time
from unittest import mock

from benchmarks.bed import cloud as bed
from benchmarks.bed import vnf
from nham.tests import base
from nham.tests.unit.tools import guest

KEPT = 4096
"""Runs of service that the VNF remembers."""


class TestFlows(guest.GuestCase):
    """The table has the size that was asked for."""

    def test_fill(self) -> None:
        said = self.member.cgi("flows", "512")
        self.assertTrue(said.startswith("Status: 200 "), said)
        path = self.member.root / "tmp" / "table"
        first = path.read_bytes()
        self.assertEqual(512 << 10, len(first))
        words = {first[i : i + 8] for i in range(0, len(first), 8)}
        self.assertEqual(len(first) // 8, len(words))
        self.member.cgi("flows", "512")
        self.assertNotEqual(first, path.read_bytes())

    def test_wrong_size(self) -> None:
        for wrong in ("", "x", "511", "51201", "600k", "-600"):
            said = self.member.cgi("flows", wrong)
            self.assertTrue(said.startswith("Status: 400 flows:"), said)
        self.assertFalse((self.member.root / "tmp" / "table").exists())


class TestServed(guest.GuestCase):
    """The log tells when requests were served."""

    def served(self) -> tuple[list[vnf.Run], int]:
        """Return the log and the VNF's time."""
        text = self.member.cgi("served", "").partition("\n\n")[2]
        return vnf.parse_served(text)

    def test_nothing(self) -> None:
        before = int(time.time() * 1000)
        runs, now = self.served()
        self.assertEqual([], runs)
        self.assertLessEqual(before, now)
        self.assertLessEqual(now, time.time() * 1000)

    def test_every_request_is_in_a_run(self) -> None:
        before = int(time.time() * 1000)
        for _ in range(20):
            self.member.cgi("count", "")
        runs, now = self.served()
        self.assertEqual(20, sum(run.count for run in runs))
        self.assertLessEqual(before, runs[0].first)
        self.assertLessEqual(runs[-1].last, now)
        for run in runs:
            self.assertLessEqual(run.first, run.last)
        for one, other in zip(runs, runs[1:], strict=False):
            self.assertGreater(other.first - one.last, 100)

    def test_a_gap_starts_a_new_run(self) -> None:
        self.member.cgi("count", "")
        [run], _ = self.served()
        earlier = vnf.Run(run.first - 101, run.last - 101, run.count)
        self._write(1, 0, earlier)
        self.member.cgi("count", "")
        runs, _ = self.served()
        self.assertEqual([earlier, mock.ANY], runs)
        self.assertEqual(1, runs[1].count)

    def test_the_newest_runs_are_kept(self) -> None:
        for number in range(KEPT):
            self._write(KEPT, number, vnf.Run(number + 1, number + 1, 1))
        self.member.cgi("count", "")
        runs, _ = self.served()
        self.assertEqual(KEPT, len(runs))
        self.assertEqual([2, 3], [run.first for run in runs[:2]])
        self.assertEqual(KEPT, runs[-2].first)

    def _write(self, runs: int, place: int, run: vnf.Run) -> None:
        """Write a run into the VNF's memory, as memory.h lays it out."""
        memory = self.member.root / "tmp" / "memory"
        with memory.open("r+b" if memory.exists() else "w+b") as file:
            # Behind start, counter, sender and digest.
            file.seek(8 + 8 + 256 + 64)
            file.write(struct.pack("=Q", runs))
            file.seek(place * 24, os.SEEK_CUR)
            file.write(struct.pack("=3Q", run.first, run.last, run.count))

    def test_an_export_is_no_service(self) -> None:
        self.member.export()
        self.assertEqual([], self.served()[0])


class TestUdp(guest.GuestCase):
    """A datagram that was answered has been counted."""

    def test_echo(self) -> None:
        port, stop = self.member.serve("udp")
        self.addCleanup(stop)
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as peer:
            peer.settimeout(guest.PATIENCE)
            peer.connect(("127.0.0.1", port))
            for number in range(1, 4):
                peer.send(b"%d" % number)
                self.assertEqual(b"%d" % number, peer.recv(100))
                self.assertEqual(f"{number}\n", self.member.run("vnf", "get"))
        text = self.member.run("vnf", "served")
        runs, _ = vnf.parse_served(text)
        self.assertEqual(3, sum(run.count for run in runs))


class TestReader(base.TestCase):
    """What the bed makes of the VNF's answers."""

    def test_offset_is_of_the_quickest_answer(self) -> None:
        # Each question takes the time from one reading to the next.
        self.replace(
            "time.time", side_effect=[0.0, 4.0, 10.0, 12.0, 20.0, 29.0]
        )
        self.replace(
            "benchmarks.bed.vnf.http_get",
            side_effect=["now 1", "1 2 3\nnow 11500", "now 1"],
            autospec=True,
        )
        runs, offset = vnf.served("192.0.2.1")
        self.assertEqual([vnf.Run(1, 2, 3)], runs)
        self.assertEqual(500.0, offset)

    def test_no_answer(self) -> None:
        self.replace(
            "benchmarks.bed.vnf.http_get", return_value=None, autospec=True
        )
        self.assertRaises(bed.Bad, vnf.served, "192.0.2.1")
        self.assertRaises(bed.Bad, vnf.set_flows, "192.0.2.1", 512)
