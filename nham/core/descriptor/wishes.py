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

"""The operator's wish for the detection: what it chooses and rules out.

`nham.core.detection.wish` holds the procedure; here it meets what the
descriptor gives, which is never changed.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from nham.core.descriptor import conditions
from nham.core.descriptor import durations
from nham.core.descriptor import facts
from nham.core.descriptor import levels
from nham.core.descriptor import model
from nham.core.detection import wish

_TIME, _APART = "detection.detection_time", "detection.mistake_recurrence"
_USUAL = model.Detection()


def chosen(values: Mapping[str, Any]) -> dict[str, Any]:
    """Return the fields of the detection that a wish chooses.

    :param values: what the descriptor gives, by path.
    :raises ValueError: the wish cannot be met; the text is the sum.
    """
    if _TIME not in values and _APART not in values:
        return {}
    pace = _pace(values)
    return {
        "poll_interval": pace.interval,
        "max_misses": pace.misses,
        "max_timeout": pace.timeout,
        "initial_timeout": values.get(
            "detection.initial_timeout",
            min(_USUAL.initial_timeout, pace.timeout),
        ),
    }


def met(policy: facts.Facts) -> conditions.Found:
    """Find a wish that cannot be met."""
    if policy.is_broken("detection"):
        return
    try:
        chosen(policy.values)
    except ValueError as why:
        yield _TIME if _TIME in policy.values else _APART, str(why)


def initial(policy: facts.Facts) -> conditions.Found:
    """Find a first time-out that is longer than the wish allows."""
    given = policy.values.get("detection.initial_timeout")
    if given is None or policy.is_broken("detection"):
        return
    try:
        longest = chosen(policy.values).get("max_timeout", given)
    except ValueError:
        return
    if given > longest and "detection.max_timeout" not in policy.values:
        yield (
            "detection.initial_timeout",
            f"found {durations.render(given)}, and {longest * 1000:.0f} ms "
            f"is the longest",
        )


def sal(policy: facts.Facts) -> conditions.Found:
    """Find a wish that the service availability level does not allow."""
    level, wished = policy.values.get("sal"), policy.values.get(_TIME)
    if level is None or wished is None:
        return
    allowed = levels.BY_NUMBER[level].detect
    if wished > allowed:
        yield (
            _TIME,
            f"found {durations.render(wished)}, level {level} allows "
            f"{durations.render(allowed)}",
        )


def _pace(values: Mapping[str, Any]) -> wish.Pace:
    return wish.choose(
        wish.Wish(
            detection_time=values.get(_TIME),
            recurrence=values.get(_APART),
            interval=values.get("detection.poll_interval"),
            misses=values.get("detection.max_misses"),
            timeout=values.get("detection.max_timeout"),
            least=values.get("detection.min_timeout", _USUAL.min_timeout),
        ),
        wish.Pace(
            interval=_USUAL.poll_interval,
            misses=_USUAL.max_misses,
            timeout=_USUAL.max_timeout,
        ),
    )
