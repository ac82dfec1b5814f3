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

"""The end of a process at a signal."""

from __future__ import annotations

import signal
import threading

from nham.cmd import stopping
from nham.tests import base


class StoppingTest(base.TestCase):
    """The handler runs wherever its main thread is just then."""

    def test_while_the_main_thread_begins_to_wait(self) -> None:
        for number in (signal.SIGTERM, signal.SIGINT):
            self.addCleanup(signal.signal, number, signal.getsignal(number))
        for number in (signal.SIGTERM, signal.SIGINT):
            stop = threading.Event()
            stopping.at_signals(stop)
            # What an event does while it is waited for, just before it waits.
            with stop._cond:  # type: ignore[attr-defined]
                signal.raise_signal(number)
                self.assertFalse(stop.is_set())
            self.assertTrue(stop.wait(10.0))
