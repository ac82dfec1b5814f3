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

"""Asks drivers to fence, one after the other, until one gives proof."""

from __future__ import annotations

from collections.abc import Mapping
from collections.abc import Sequence
import dataclasses
import logging
from typing import Protocol

from nham.adapters import errors
from nham.core import fencing
from nham.recovery import context

LOG = logging.getLogger(__name__)

#: Where a step remembers which drivers were asked. An engine that takes
#: the step over begins with the first one: asking twice does no harm.
_KEY = "attempts"
_FINAL = (errors.Refused, errors.NotFound)


class Means(Protocol):
    """What drivers for hosts and drivers for members have in common."""

    name: str

    def can_fence(self, subject: str, /) -> bool:
        """Say whether it has the means; asks nobody."""

    def fence(self, subject: str, /) -> None:
        """Ask for it to be cut off."""

    def proof(self, subject: str, /) -> str | None:
        """Return what proves that it is cut off."""


def fence(run: context.Run, means: Sequence[Means], subject: str) -> str:
    """Return the proof that a host or member is cut off, and whose it is.

    Asks one driver at most, so that the step's time is looked at between
    two that take theirs.

    :param means: the drivers, in the order of their use.
    :param subject: what the drivers know it by.
    :raises errors.Unavailable: none of the drivers answers.
    :raises errors.Refused: none of them will ever do it.
    :raises errors.Conflict: there is no proof yet.
    """
    tried: dict[str, fencing.Attempt] = run.memory.setdefault(_KEY, {})
    able = {one.name: one for one in means if one.can_fence(subject)}
    whole = run.record.step.timeout / max(len(able), 1)
    share = min(run.context.fencing_patience, whole)
    clock = run.context.clock
    found = _look_again(able, tried, subject, clock.monotonic())
    if found:
        return found
    name = fencing.next_driver([*able], tried, clock.monotonic(), share)
    if name is not None:
        failure = _ask(able[name], subject)
        now = clock.monotonic()
        tried[name] = fencing.Attempt(
            at=now,
            said=_words(failure),
            silent=isinstance(failure, errors.Unavailable),
            final=isinstance(failure, _FINAL),
            looked_at=now,
        )
        # Also of one that failed: it may do so for what is off already.
        found = _proof(able[name], tried, subject)
    if not found:
        raise _not_yet(tried, len(able))
    return found


def _look_again(
    able: Mapping[str, Means],
    tried: dict[str, fencing.Attempt],
    subject: str,
    now: float,
) -> str:
    """Return the proof of a driver that was asked before, empty: none."""
    for name, attempt in list(tried.items()):
        if name in able and fencing.is_looked_at(attempt, now):
            tried[name] = dataclasses.replace(attempt, looked_at=now)
            found = _proof(able[name], tried, subject)
            if found:
                return found
    return ""


def _ask(driver: Means, subject: str) -> errors.AdapterError | None:
    """Return why a driver failed, None if it did not."""
    try:
        driver.fence(subject)
    except errors.AdapterError as failure:
        LOG.warning("%s does not fence %s: %s", driver.name, subject, failure)
        return failure
    return None


def _proof(
    driver: Means, tried: Mapping[str, fencing.Attempt], subject: str
) -> str:
    """Return a driver's proof, with what the others said; empty: none."""
    try:
        proof = driver.proof(subject)
    except errors.AdapterError as failure:
        LOG.info("%s does not tell of %s: %s", driver.name, subject, failure)
        return ""
    if proof is None:
        return ""
    others = fencing.summary(tried, but=driver.name)
    tail = f" (before it, {others})" if others else ""
    return f"{driver.name}: {proof}{tail}"


def _words(failure: errors.AdapterError | None) -> str:
    return "" if failure is None else str(failure) or "it failed"


def _not_yet(
    tried: Mapping[str, fencing.Attempt], able: int
) -> errors.AdapterError:
    """Return what keeps the proof away; all must have been asked for more."""
    said = fencing.summary(tried) or "no driver has the means"
    if tried and len(tried) == able:
        if all(one.silent for one in tried.values()):
            return errors.Unavailable(said)
        if all(one.final for one in tried.values()):
            return errors.Refused(said)
    return errors.Conflict(said)
