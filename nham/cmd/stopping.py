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

"""Ends a process at a signal, whatever its main thread does just then."""

from __future__ import annotations

import queue
import signal
import threading


def at_signals(stop: threading.Event) -> None:
    """Set an event at SIGTERM and at SIGINT.

    Not by the handler itself: it runs in the main thread, and if that has
    just begun to wait for the event, it would wait for itself for ever.
    """
    told: queue.SimpleQueue[None] = queue.SimpleQueue()

    def listen() -> None:
        told.get()
        stop.set()

    threading.Thread(target=listen, name="signals", daemon=True).start()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: told.put(None))
