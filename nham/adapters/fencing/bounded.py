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

"""Lets no driver hold a recovery up: each call has a time-out.

A driver talks to a device in trouble, by a library of its own, and may be
another package's. One that hangs is given up, and so is one that raises what
no driver may raise.
"""

from __future__ import annotations

from collections.abc import Callable
import logging
import queue
import threading
from typing import TypeVar

from nham.adapters import errors
from nham.adapters.fencing import base

LOG = logging.getLogger(__name__)

_Answer = TypeVar("_Answer")


class BoundedFencing(base.HostFencing):
    """Asks another driver, and waits for its answer for so long only.

    While a call about a host hangs, no other one is made about it: they
    would hang, too, and their threads pile up.

    :param patience: seconds until a call is given up.
    """

    def __init__(self, driver: base.HostFencing, patience: float) -> None:
        self.name = driver.name
        self.driver = driver
        self._patience = patience
        self._hanging: dict[str, threading.Thread] = {}

    def can_fence(self, host: str) -> bool:
        """See base class."""
        return self.driver.can_fence(host)

    def fence(self, host: str) -> None:
        """See base class.

        :raises errors.Unavailable: it does not answer in time, or fails in
            a way that drivers do not.
        """
        self._call(host, lambda: self.driver.fence(host))

    def trouble(self, host: str) -> str:
        """See base class."""
        try:
            return self._call(host, lambda: self.driver.trouble(host))
        except errors.AdapterError as failure:
            return str(failure)

    def proof(self, host: str) -> str | None:
        """See base class; who does not answer proves nothing."""
        try:
            return self._call(host, lambda: self.driver.proof(host))
        except errors.AdapterError as failure:
            LOG.info("%s does not tell of %s: %s", self.name, host, failure)
            return None

    def _call(self, host: str, call: Callable[[], _Answer]) -> _Answer:
        hanging = self._hanging.get(host)
        if hanging is not None and hanging.is_alive():
            raise errors.Unavailable("it hangs since it was asked before")
        answers: queue.SimpleQueue[_Answer | Exception] = queue.SimpleQueue()
        thread = threading.Thread(
            target=_answer,
            args=(call, answers),
            name=f"fencing-{self.name}-{host}",
            daemon=True,
        )
        thread.start()
        try:
            answer = answers.get(timeout=self._patience)
        except queue.Empty:
            self._hanging[host] = thread
            raise errors.Unavailable(
                f"no answer in {self._patience:g} s"
            ) from None
        if isinstance(answer, errors.AdapterError):
            raise answer
        if isinstance(answer, Exception):
            kind = type(answer).__name__
            raise errors.Unavailable(f"{kind}: {answer}") from answer
        return answer


def _answer(
    call: Callable[[], _Answer],
    answers: queue.SimpleQueue[_Answer | Exception],
) -> None:
    try:
        answers.put(call())
    # Whatever it is, the caller hears of it and asks the next driver.
    except Exception as failure:
        answers.put(failure)
