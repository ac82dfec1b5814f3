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

"""Durations: TOSCA's scalar-unit.time to float seconds and back.

Source: TOSCA Simple Profile in YAML 1.2, section 3.3.6.6. Units are taken
exactly as written there, although tosca-parser also takes 'MS' for 'ms'.
"""

from __future__ import annotations

import re

_UNITS = {
    "d": 86400.0,
    "h": 3600.0,
    "m": 60.0,
    "s": 1.0,
    "ms": 1e-3,
    "us": 1e-6,
    "ns": 1e-9,
}
_PATTERN = re.compile(r"([0-9]{1,12}(?:\.[0-9]{1,12})?)[ \t]*([a-z]{1,2})")


def parse(text: object) -> float:
    """Return the seconds of a duration such as '250 ms' or '5 m'.

    :raises ValueError: if it is not a number with a unit of time.
    """
    match = _PATTERN.fullmatch(text) if isinstance(text, str) else None
    if match is None or match.group(2) not in _UNITS:
        raise ValueError(
            f"must be a number with a unit of {', '.join(_UNITS)}, like 250 ms"
        )
    # Division keeps 250 ms exactly 0.25, multiplication would not always.
    factor = _UNITS[match.group(2)]
    number = float(match.group(1))
    return number * factor if factor >= 1 else number / round(1 / factor)


def render(seconds: float) -> str:
    """Return the shortest duration that `parse` reads as these seconds."""
    for unit in ("d", "h", "m", "s", "ms", "us", "ns"):
        number = seconds / _UNITS[unit]
        if number >= 1 and number == int(number):
            text = f"{int(number)} {unit}"
            if parse(text) == seconds:
                return text
    text = f"{seconds:.12f}".rstrip("0").rstrip(".")
    return f"{text} s"
