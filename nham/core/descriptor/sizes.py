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

"""Sizes: TOSCA's scalar-unit.size to whole bytes and back.

Source: TOSCA Simple Profile in YAML 1.2, scalar-unit.size. Units are taken
exactly as written there, although tosca-parser also takes 'mb' for 'MB'.
"""

from __future__ import annotations

import fractions
import re

#: The largest first, so that `render` finds the shortest number.
_UNITS = {
    "TiB": 1024**4,
    "TB": 1000**4,
    "GiB": 1024**3,
    "GB": 1000**3,
    "MiB": 1024**2,
    "MB": 1000**2,
    "KiB": 1024,
    "kB": 1000,
    "B": 1,
}
_PATTERN = re.compile(r"([0-9]{1,15}(?:\.[0-9]{1,12})?)[ \t]*([A-Za-z]{1,3})")


def parse(text: object) -> int:
    """Return the bytes of a size such as '64 MB' or '1.5 GiB'.

    :raises ValueError: if it is not a number with a unit of size, or no
        whole number of bytes.
    """
    match = _PATTERN.fullmatch(text) if isinstance(text, str) else None
    if match is None or match.group(2) not in _UNITS:
        raise ValueError(
            f"must be a number with a unit of "
            f"{', '.join(reversed(_UNITS))}, like 64 MB"
        )
    size = fractions.Fraction(match.group(1)) * _UNITS[match.group(2)]
    if size.denominator != 1:
        raise ValueError("must be a whole number of bytes")
    return size.numerator


def render(size: int) -> str:
    """Return the shortest size that `parse` reads as these bytes."""
    for unit, factor in _UNITS.items():
        if size >= factor and size % factor == 0:
            return f"{size // factor} {unit}"
    return f"{size} B"
