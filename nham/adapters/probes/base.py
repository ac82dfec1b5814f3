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

"""Probes: questions to a VNFC or a host over the network.

A prober asks every target at its own interval from one loop, and tells
what it sent and what came back. It judges nothing: that is the work of
``nham.core.detection``. Times are monotonic seconds of the prober's clock.
"""

from __future__ import annotations

import abc
from collections.abc import Collection
from collections.abc import Iterable
from collections.abc import Sequence
import dataclasses
from typing import NamedTuple

from nham.core.detection import wish

#: By how much the interval shrinks for a target that is asked in haste.
HASTE = wish.HASTE


class Origin(NamedTuple):
    """A probe port that a target is asked from.

    :ivar life: see ``nham.adapters.plugger.base.Standing``.
    """

    port: str
    life: str


@dataclasses.dataclass(frozen=True, kw_only=True)
class Target:
    """Whom to ask, how, and how often.

    :ivar key: the caller's name for it, unique.
    :ivar kind: ``icmp``, ``tcp``, ``http`` or ``udp``.
    :ivar interval: seconds between two questions.
    :ivar patience: seconds after which an answer is no longer awaited.
    :ivar origin: the port that it is asked from; None: this machine's own
        network.
    """

    key: str
    kind: str
    address: str
    port: int | None = None
    path: str = "/"
    expect_status: tuple[int, int] = (200, 399)
    interval: float = 1.0
    patience: float = 60.0
    origin: Origin | None = None


class Observation(NamedTuple):
    """One thing that happened on the wire.

    :ivar what: ``sent``, ``good`` or ``bad``; ``unasked`` where a probe
        port let nothing out, after ``sent`` if that showed too late.
    :ivar detail: for ``bad``: what came instead of an answer.
    """

    key: str
    sequence: int
    what: str
    at: float
    detail: str = ""


class Prober(abc.ABC):
    """Asks all targets from one loop."""

    @abc.abstractmethod
    def set_targets(self, targets: Iterable[Target]) -> None:
        """Ask these from now on, and no others."""

    @abc.abstractmethod
    def hurry(self, keys: Collection[str]) -> None:
        """Ask these in haste from now on, and all others at leisure.

        A target that has missed an answer is asked again sooner, so that
        a suspicion takes as many answers but less time.
        """

    def renew(self) -> None:
        """Ask as somebody new from now on.

        A router that translates addresses goes on sending what belongs to
        a known exchange to whoever had the address when it began. A prober
        without such exchanges has nothing to do.
        """
        return

    @abc.abstractmethod
    def collect(self) -> Sequence[Observation]:
        """Return what happened since the last call, oldest first."""

    @abc.abstractmethod
    def lag(self) -> float:
        """Return by how many seconds the prober itself was late lately."""

    @abc.abstractmethod
    def close(self) -> None:
        """Stop asking and free what is held."""
