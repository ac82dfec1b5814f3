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

import signal

from nham.agent import troubles
from nham.core.agent import deaths
from nham.core.agent import exchange
from nham.core.agent import guests
from nham.core.agent import messages
from nham.core.detection import tracker
from nham.tests.unit.agent import host

A, B = host.server(1), host.server(2)
Trouble = troubles.Trouble
DESTROYED = guests.Told(None, guests.Word.ENDED, "destroyed")


class TalkTest(host.HostCase):
    """What an engine hears of a host."""

    def test_the_first_word_is_a_heartbeat_that_is_believed(self) -> None:
        self.boot()
        self.play(1.0)
        beat = self.engine.heartbeat(host.HOST)
        assert beat is not None
        self.assertEqual((0, "1.2"), (beat.guests, beat.version))

    def test_heartbeats_come_at_their_interval(self) -> None:
        self.boot()
        self.play(2.0)
        judged = self.engine.judge(host.HOST, self.now, 0.0)
        assert judged is not None
        self.assertIs(tracker.Health.OK, judged.health)
        self.connected = False
        self.play(2.0)
        judged = self.engine.judge(host.HOST, self.now, 0.0)
        assert judged is not None
        self.assertIs(tracker.Health.DEAD, judged.health)

    def test_the_table_of_guests(self) -> None:
        self.boot()
        for server_id in (A, B):
            self.spawn(server_id)
        self.list(A, B)
        self.play(0.1)
        self.assertEqual({A, B}, self.engine.running(host.HOST))

    def test_a_new_engine_is_told_the_table_at_once(self) -> None:
        self.boot()
        self.list(A)
        self.play(1.0)
        self.engine = self.new_engine()
        self.play(0.3)
        self.assertEqual({A}, self.engine.running(host.HOST))

    def test_a_hypervisor_that_hangs_is_said_and_holds_up_nothing(
        self,
    ) -> None:
        agent = self.boot()
        self.list(A)
        self.play(1.0)
        self._assert_hypervisor(True)
        self.play(3.0)
        self._assert_hypervisor(False)
        self.assertEqual(1, agent.troubles[Trouble.HYPERVISOR_SILENT])
        self.hypervisor.answer()
        self.play(0.2)
        self._assert_hypervisor(True)

    def test_a_hypervisor_that_is_lost_is_said_at_once(self) -> None:
        agent = self.boot()
        self.list(A)
        self.play(1.0)
        self.hypervisor.link(False, "gone")
        self.hypervisor.link(False, "still gone")
        self.play(0.1)
        self._assert_hypervisor(False)
        self.assertEqual(1, agent.troubles[Trouble.HYPERVISOR_LOST])

    def test_what_is_refused_is_counted(self) -> None:
        count = self.replace("nham.metrics.agent_refused")
        self.boot().datagram(b"hello", self.now)
        count.assert_called_once_with("foreign", 1)

    def test_each_trouble_has_a_sentence(self) -> None:
        self.assertEqual(set(Trouble), set(troubles.MEANINGS))

    def test_words_that_nobody_hears_are_counted(self) -> None:
        self.spawn(A)
        agent = self.boot()
        self.list(A)
        self.play(1.0)
        self.connected = False
        self.kill(A)
        self.play(20.0)
        self.assertEqual(1, agent.troubles[Trouble.WORDS_LOST])

    def test_a_long_table(self) -> None:
        servers = [host.server(number) for number in range(100)]
        self.boot()
        self.list(*servers)
        self.play(1.0)
        self.assertEqual(set(servers), self.engine.running(host.HOST))

    def test_an_engine_that_falls_silent_is_said_once(self) -> None:
        agent = self.boot()
        self.play(1.0)
        self.connected = False
        self.play(10.0)
        self.assertEqual(1, agent.troubles[Trouble.ENGINE_SILENT])

    def _assert_hypervisor(self, ok: bool) -> None:
        beat = self.engine.heartbeat(host.HOST)
        assert beat is not None
        self.assertIs(ok, beat.hypervisor_ok)


class DeathTest(host.HostCase):
    """What an engine hears of the death of a guest."""

    def setUp(self) -> None:
        super().setUp()
        self.spawn(A)
        self.boot()
        self.list(A)
        self.play(1.0)

    def test_a_crash_is_known_at_the_same_moment(self) -> None:
        self.kill(A)
        self.turn()
        self._assert_died(self.now)

    def test_a_crash_is_known_while_the_hypervisor_hangs(self) -> None:
        self.play(10.0)
        self.kill(A, signal.SIGSEGV)
        self.turn()
        self._assert_died(self.now)

    def test_a_crash_is_known_though_the_first_word_is_lost(self) -> None:
        at = self.now
        self.connected = False
        self.kill(A)
        self.turn()
        self.connected = True
        self.play(0.05)
        self._assert_died(at)

    def test_what_nova_stops_has_not_crashed(self) -> None:
        self.kill(A, signal.SIGTERM)
        self.turn()
        self.hypervisor.say(A, DESTROYED)
        self.play(2.0)
        self.assertIsNone(self.died(A))
        self.assertEqual(frozenset(), self.engine.running(host.HOST))

    def test_a_kernel_that_tells_nothing(self) -> None:
        self.replace(
            "nham.agent.pidfd.exit_of", return_value=deaths.Exit.UNKNOWN
        )
        self.kill(A)
        self.play(host.PATIENCE - 0.01)
        self.assertIsNone(self.died(A))
        self.play(0.02)
        self._assert_died(self.now - host.PATIENCE - 0.01)

    def test_a_kernel_that_tells_when_the_parent_has_looked(self) -> None:
        told = self.replace(
            "nham.agent.pidfd.exit_of", return_value=deaths.Exit.UNKNOWN
        )
        self.kill(A)
        self.turn()
        told.return_value = deaths.Exit.SIGNAL
        self.play(0.01)
        self.assertIsNotNone(self.died(A))

    def test_a_guest_that_starts_is_seen(self) -> None:
        self.spawn(B)
        started = guests.Told(messages.Happening.STARTED)
        self.hypervisor.say(B, started)
        self.turn()
        self.kill(B)
        self.turn()
        self.assertIsNotNone(self.died(B))

    def _assert_died(self, at: float) -> None:
        died = self.died(A)
        assert died is not None
        self.assertAlmostEqual(at, died, places=3)


class CommandTest(host.HostCase):
    """What an engine orders."""

    def setUp(self) -> None:
        super().setUp()
        self.spawn(A)
        self.spawn(B, host.DEAF)
        self.agent = self.boot()
        self.list(A, B)
        self.play(1.0)

    def test_one_guest_is_ended_with_proof(self) -> None:
        self._order(messages.Action.STOP_GUEST, A)
        self.play(0.2)
        self.see_end(A)
        self.play(0.2)
        answer = self._answer()
        self.assertTrue(answer.ok)
        self.assertEqual({A}, answer.gone)
        self.assertIsNone(self.died(A))
        self.assertEqual({B}, self.engine.running(host.HOST))

    def test_all_guests_the_deaf_one_too(self) -> None:
        self._order(messages.Action.STOP_ALL)
        self.play(0.2)
        self.see_end(A)
        self.play(0.2)
        self.assertIsNone(self.engine.answer(host.HOST, "c1"))
        self.assertIsNone(self.running[B].poll())
        self.play(0.3)
        self.see_end(B)
        self.play(0.2)
        answer = self._answer()
        self.assertTrue(answer.ok)
        self.assertEqual({A, B}, answer.gone)

    def test_a_guest_that_no_pid_file_names_is_found(self) -> None:
        other = host.server(3)
        self.spawn(other)
        self.pid_file(other).rename(self.run_dir / "other")
        self._order(messages.Action.STOP_GUEST, other)
        self.play(0.2)
        self.assertIsNone(self.engine.answer(host.HOST, "c1"))
        self.pid_file(other).touch()
        self.see_end(other)
        self.play(0.2)
        self.assertEqual({other}, self._answer().gone)

    def test_a_qemu_that_is_no_guest_of_the_host_is_left_alone(self) -> None:
        other = host.server(3)
        self.spawn(other)
        self.pid_file(other).rename(self.run_dir / "other")
        self._order(messages.Action.STOP_ALL)
        self.play(0.2)
        self.see_end(A)
        self.play(0.5)
        self.see_end(B)
        self.play(0.2)
        self.assertEqual({A, B}, self._answer().gone)
        self.assertIsNone(self.running[other].poll())

    def test_a_guest_that_is_not_there_is_gone(self) -> None:
        self._order(messages.Action.STOP_GUEST, host.server(9))
        self.play(0.2)
        self.assertTrue(self._answer().ok)

    def test_doing_it_twice_is_doing_it_once(self) -> None:
        self._order(messages.Action.STOP_GUEST, A)
        self.play(0.2)
        self.see_end(A)
        self.play(0.2)
        self.spawn(A)
        self.play(2.0)
        self.engine.forget(host.HOST, "c1")
        self._order(messages.Action.STOP_GUEST, A)
        self.play(2.0)
        self.assertTrue(self._answer().ok)
        self.assertIn(A, self.engine.running(host.HOST) or ())

    def test_an_older_epoch_is_refused_by_a_later_life_too(self) -> None:
        self._order(messages.Action.STOP_GUEST, host.server(9), epoch=5)
        self.play(0.2)
        self.kill_agent()
        self.boot()
        self.list(A, B)
        self.play(1.0)
        until = self.now + 60.0
        stop = messages.Action.STOP_GUEST
        self.engine.order(host.HOST, "c2", stop, until, host.server(9), 4)
        self.play(0.2)
        answer = self.engine.answer(host.HOST, "c2")
        assert answer is not None
        self.assertFalse(answer.ok)
        self.assertIn("epoch 4 is older than 5", answer.detail)

    def test_a_guest_that_cannot_be_ended_is_said(self) -> None:
        self.replace(
            "nham.agent.pidfd.send", side_effect=PermissionError("no")
        )
        self._order(messages.Action.STOP_ALL)
        self.play(6.0)
        answer = self._answer()
        self.assertFalse(answer.ok)
        self.assertIn("no", answer.detail)

    def _order(
        self, action: messages.Action, server_id: str = "", epoch: int = 0
    ) -> None:
        until = self.now + 60.0
        self.engine.order(host.HOST, "c1", action, until, server_id, epoch)

    def _answer(self) -> exchange.Answer:
        answer = self.engine.answer(host.HOST, "c1")
        assert answer is not None
        return answer
