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
from typing import TypeVar

from nham.adapters import errors
from nham.core import fencing
from nham.recovery import context

LOG = logging.getLogger(__name__)

#: Where a step remembers which drivers were asked. An engine that takes
#: the step over begins with the first one: asking twice does no harm.
_KEY = "attempts"
_FINAL = (errors.Refused, errors.NotFound)


#: What a driver cuts off: a host by its name, or a guest.
_T = TypeVar("_T")
_Subject = TypeVar("_Subject", contravariant=True)


class Means(Protocol[_Subject]):
    """What drivers for hosts and drivers for members have in common."""

    name: str
    prompt: bool

    def can_fence(self, subject: _Subject, /) -> bool:
        """Say whether it has the means; asks nobody."""

    def fence(self, subject: _Subject, /) -> None:
        """Ask for it to be cut off."""

    def proof(self, subject: _Subject, /) -> str | None:
        """Return what proves that it is cut off."""


def fence(run: context.Run, means: Sequence[Means[_T]], subject: _T) -> str:
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
    clock = run.context.clock
    found = _look_again(able, tried, subject, clock.monotonic())
    if found:
        return found
    shares = _shares(run, able)
    name = fencing.next_driver(shares, tried, clock.monotonic())
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


def _shares(
    run: context.Run, able: Mapping[str, Means[_T]]
) -> dict[str, float]:
    """Return the seconds that each driver has before the next is asked."""
    whole = run.record.step.timeout / max(len(able), 1)
    share = min(run.context.fencing_patience, whole)
    return {
        name: min(share, fencing.PROMPT) if driver.prompt else share
        for name, driver in able.items()
    }


def _look_again(
    able: Mapping[str, Means[_T]],
    tried: dict[str, fencing.Attempt],
    subject: _T,
    now: float,
) -> str:
    """Return the proof of a driver that was asked before, empty: none."""
    for name, attempt in list(tried.items()):
        if name not in able:
            continue
        if fencing.is_looked_at(attempt, now, able[name].prompt):
            tried[name] = dataclasses.replace(attempt, looked_at=now)
            found = _proof(able[name], tried, subject)
            if found:
                return found
    return ""


def _ask(driver: Means[_T], subject: _T) -> errors.AdapterError | None:
    """Return why a driver failed, None if it did not."""
    try:
        driver.fence(subject)
    except errors.AdapterError as failure:
        LOG.warning("%s does not fence %s: %s", driver.name, subject, failure)
        return failure
    return None


def _proof(
    driver: Means[_T], tried: Mapping[str, fencing.Attempt], subject: _T
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
