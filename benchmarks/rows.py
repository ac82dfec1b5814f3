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

"""Rows of a benchmark: the same columns for ours and the peers'."""

from __future__ import annotations

from collections.abc import Mapping
from collections.abc import Sequence
import json
import os
import pathlib
import platform
import statistics
from typing import Any

import prettytable


def row(
    samples: Sequence[float | None], unit: str = "s", **case: Any
) -> dict[str, Any]:
    """Return a row: the case, then unit, samples, median and max.

    A sample of None means that it never came; so does a median of None.
    """
    values = [float("inf") if s is None else s for s in samples]
    return {
        **case,
        "unit": unit,
        "samples": [None if s is None else round(s, 4) for s in samples],
        "median": _finite(statistics.median(values)),
        "max": _finite(max(values)),
    }


def _finite(value: float) -> float | None:
    return None if value == float("inf") else round(value, 4)


def table(rows: Sequence[Mapping[str, Any]]) -> str:
    """Return the rows as a table for people."""
    columns = list(dict.fromkeys(name for one in rows for name in one))
    shown = prettytable.PrettyTable(columns)
    shown.align = "l"
    for one in rows:
        shown.add_row([_cell(name, one.get(name)) for name in columns])
    return str(shown)


def _cell(name: str, value: Any) -> str:
    if name == "samples":
        return str(len(value))
    if value is None:
        return "never" if name in ("median", "max") else ""
    return f"{value:.2f}" if isinstance(value, float) else str(value)


def machine() -> dict[str, Any]:
    """Return what the figures were measured on."""
    return {
        "cores": os.cpu_count(),
        "cpu": platform.processor() or platform.machine(),
        "kernel": platform.release(),
        "python": platform.python_version(),
        "load": os.getloadavg(),
    }


def save(path: pathlib.Path, rows: Sequence[Mapping[str, Any]]) -> None:
    """Write rows and machine beside each other."""
    text = json.dumps({"machine": machine(), "rows": list(rows)}, indent=2)
    path.write_text(text + "\n")
