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


"""How the values of a scenario are read.

Each reader returns the value, or raises ``ValueError`` with the rule.
"""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Mapping
from typing import Any

from nham.core.descriptor import durations
from nham.simulate import acts


def text(raw: Any) -> str:
    """Read a text."""
    if not isinstance(raw, str) or not raw:
        raise ValueError("must be a text that is not empty")
    return raw


def integer(raw: Any) -> int:
    """Read an integer that is not negative."""
    if isinstance(raw, bool) or not isinstance(raw, int) or raw < 0:
        raise ValueError("must be an integer from 0")
    return raw


def boolean(raw: Any) -> bool:
    """Read true or false."""
    if not isinstance(raw, bool):
        raise ValueError("must be true or false")
    return raw


def share(raw: Any) -> float:
    """Read a number from 0 to 1."""
    if isinstance(raw, bool) or not isinstance(raw, (int, float)):
        raise ValueError("must be a number from 0 to 1")
    if not 0 <= raw <= 1:
        raise ValueError("must be a number from 0 to 1")
    return float(raw)


def one_of(*words: str) -> Callable[[Any], str]:
    """Return what reads one of these words."""

    def read(raw: Any) -> str:
        if raw not in words:
            raise ValueError(f"must be one of {', '.join(words)}")
        return str(raw)

    return read


KINDS: Mapping[str, Callable[[Any], Any]] = {
    "duration": durations.parse,
    "system": one_of(*acts.SYSTEMS),
    "text": text,
    "integer": integer,
    "boolean": boolean,
}


def reader_of(name: str, default: Any) -> Callable[[Any], Any]:
    """Return how a setting is read, by what its default is."""
    if name == "share":
        return share
    if isinstance(default, bool):
        return boolean
    if isinstance(default, float):
        return durations.parse
    return integer if isinstance(default, int) or default is None else text
