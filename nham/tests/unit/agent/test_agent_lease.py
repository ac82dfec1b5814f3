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

"""What the agent does for a lease, and without one."""

from __future__ import annotations

from nham.tests.unit.agent import host

A, B = host.server(1), host.server(2)


class LeaseTest(host.HostCase):
    """What the agent ends by itself."""

    leases = True

    def setUp(self) -> None:
        super().setUp()
        self.spawn(A)
        self.spawn(B)
        self.boot()
        self.list(A, B)
        self.engine.set_exclusive({host.HOST: frozenset({A})})
        self.play(2.0)

    def test_the_engine_knows_what_is_promised(self) -> None:
        duty = self.engine.duty(host.HOST)
        assert duty is not None
        self.assertEqual((frozenset({A}), 10.0), (duty.held, duty.watchdog))

    def test_a_long_list(self) -> None:
        servers = frozenset(host.server(number) for number in range(100))
        self.engine.set_exclusive({host.HOST: servers})
        self.play(1.0)
        duty = self.engine.duty(host.HOST)
        assert duty is not None
        self.assertEqual(servers, duty.held)

    def test_while_it_is_renewed_nothing_is_ended(self) -> None:
        self.play(20.0)
        self.assertIsNone(self.running[A].poll())

    def test_alone_it_ends_the_exclusive_guest_and_no_other(self) -> None:
        self.connected = False
        self.play(2.8)
        self.assertIsNone(self.running[A].poll())
        self.play(0.3)
        self.see_end(A)
        self.play(20.0)
        self.assertIsNone(self.running[B].poll())

    def test_one_that_no_pid_file_names_is_ended_too(self) -> None:
        self.kill_agent()
        self.pid_file(A).rename(self.run_dir / "other")
        self.boot()
        self.connected = False
        self.play(5.0)
        self.pid_file(A).touch()
        self.see_end(A)

    def test_what_is_started_again_is_ended_again(self) -> None:
        self.connected = False
        self.play(3.2)
        self.see_end(A)
        self.spawn(A)
        self.play(1.1)
        self.see_end(A)

    def test_a_withdrawn_lease_runs_out(self) -> None:
        self.leases = False
        self.play(host.TERMS.fresh + 3.0)
        self.see_end(A)

    def test_the_watchdog_is_not_petted_by_who_cannot_stop(self) -> None:
        self.replace(
            "nham.agent.pidfd.send", side_effect=PermissionError("no")
        )
        self.connected = False
        self.play(3.2)
        pets = self.watchdog.pets
        self.play(5.0)
        self.assertEqual(pets, self.watchdog.pets)

    def test_the_watchdog_is_petted_by_who_has_stopped(self) -> None:
        self.connected = False
        self.play(3.2)
        self.see_end(A)
        pets = self.watchdog.pets
        self.play(1.0)
        self.assertEqual(pets + 10, self.watchdog.pets)

    def test_a_new_life_keeps_the_promise(self) -> None:
        self.connected = False
        self.kill_agent()
        self.boot()
        self.play(2.0)
        self.assertIsNone(self.running[A].poll())
        self.play(1.5)
        self.see_end(A)

    def test_a_new_life_long_after_waits_for_the_engines(self) -> None:
        self.kill_agent()
        self.now += 60.0
        self.boot()
        self.play(20.0)
        self.assertIsNone(self.running[A].poll())

    def test_after_the_host_was_started_anew_the_lease_is_over(self) -> None:
        self.kill_agent()
        self.connected = False
        self.boot_id.write_text("second-boot\n")
        self.boot()
        self.play(1.1)
        self.see_end(A)

    def test_a_promise_that_cannot_be_written_is_none(self) -> None:
        write = self.replace(
            "nham.agent.promises.Promises.write", side_effect=OSError("full")
        )
        self.engine.set_exclusive({host.HOST: frozenset({A, B})})
        self.play(1.0)
        self.assertTrue(write.called)
        duty = self.engine.duty(host.HOST)
        assert duty is not None
        self.assertEqual({A}, duty.held)

    def test_an_end_in_order_leaves_the_watchdog_armed(self) -> None:
        assert self.agent is not None
        self.agent.close()
        self.agent = None
        self.assertIs(False, self.watchdog.disarmed)

    def test_without_duty_an_end_in_order_disarms_it(self) -> None:
        self.engine.set_exclusive({})
        self.play(1.0)
        assert self.agent is not None
        self.agent.close()
        self.agent = None
        self.assertIs(True, self.watchdog.disarmed)
