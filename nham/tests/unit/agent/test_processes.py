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

from __future__ import annotations

import os
import signal

from nham.agent import pidfd
from nham.agent import processes as processes_
from nham.core.agent import deaths
from nham.tests.unit.agent import host

A = host.server(1)


class ProcessesTest(host.HostCase):
    """The guests' processes, and what the kernel tells of them."""

    def setUp(self) -> None:
        super().setUp()
        self.processes = processes_.Processes(
            str(self.run_dir), str(self.proc)
        )
        self.addCleanup(self.processes.close)

    def test_a_guest_is_found_once(self) -> None:
        self.spawn(A)
        ((fd, server_id),) = self.processes.scan([A])
        self.assertEqual(A, server_id)
        self.assertEqual([], self.processes.scan([A]))
        self.assertEqual([], self.processes.scan_all([A]))
        self.assertEqual(([fd], A), (self.processes.of(A), server_id))

    def test_a_number_that_is_another_process_is_no_guest(self) -> None:
        self.pid_file(A).write_text(str(os.getpid()))
        (self.run_dir / "bad.pid").write_text("no number")
        (self.run_dir / "gone.pid").write_text("999999999")
        self.assertEqual([], self.processes.scan([A]))

    def test_a_guest_with_no_pid_file_is_found_by_looking(self) -> None:
        self.spawn(A)
        self.pid_file(A).unlink()
        self.assertEqual([], self.processes.scan([A]))
        self.assertIn(A, [one for _fd, one in self.processes.scan_all([A])])

    def test_without_the_directory_all_are_looked_at(self) -> None:
        self.spawn(A)
        lost = processes_.Processes(
            str(self.run_dir / "nothing"), str(self.proc)
        )
        self.addCleanup(lost.close)
        self.assertIn(A, [one for _fd, one in lost.scan([A])])
        self.assertFalse(lost.readable)

    def test_what_is_not_of_this_host_is_never_held(self) -> None:
        self.spawn(A)
        (self.proc / str(self.running[A].pid)).unlink()
        self.assertEqual([], self.processes.scan([A]))
        self.assertEqual([], self.processes.scan_all([A]))

    def test_only_servers_of_this_host_are_looked_for(self) -> None:
        self.spawn(A)
        self.pid_file(A).unlink()
        self.assertEqual([], self.processes.scan_all([host.server(2)]))

    def test_how_it_ended(self) -> None:
        if not self._kernel_tells():
            self.skipTest("this kernel does not tell how processes end")
        for number, end in (
            (signal.SIGKILL, deaths.Exit.SIGNAL),
            (signal.SIGTERM, deaths.Exit.CLEAN),
        ):
            self.spawn(A)
            ((fd, _server),) = self.processes.scan([A])
            self.assertFalse(pidfd.is_dead(fd))
            self.assertTrue(pidfd.send(fd, number))
            self.running.pop(A).wait()
            self.assertTrue(pidfd.is_dead(fd))
            self.assertIs(end, pidfd.exit_of(fd))
            self.assertFalse(pidfd.send(fd, number))
            self.processes.release(fd)
            os.close(fd)

    def test_a_process_that_lives_has_not_ended(self) -> None:
        self.spawn(A)
        ((fd, _server),) = self.processes.scan([A])
        self.assertIs(deaths.Exit.UNKNOWN, pidfd.exit_of(fd))

    def test_a_kernel_that_knows_no_such_question(self) -> None:
        self.replace("fcntl.ioctl", side_effect=OSError("not a typewriter"))
        self.assertIs(deaths.Exit.UNKNOWN, pidfd.exit_of(0))

    @staticmethod
    def _kernel_tells() -> bool:
        major, minor = os.uname().release.split(".")[:2]
        return (int(major), int(minor)) >= (6, 15)
