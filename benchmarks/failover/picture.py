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

"""Draws the rows of the fail-over benchmark.

``python3 -m benchmarks.failover.picture ROWS.json OUT.svg`` draws those of
an earlier run.
"""

from __future__ import annotations

from collections.abc import Mapping
from collections.abc import Sequence
import itertools
import json
import pathlib
import sys
from typing import Any
from xml.sax import saxutils

Row = Mapping[str, Any]

#: Column, legend, colour; each has a lane of its own in a bar, as moments
#: may be the same.
_MARKS = (
    ("detected_s", "detected", "#b8860b"),
    ("fenced_s", "fenced", "#a02c2c"),
    ("restored_s", "restored", "#2e8b57"),
    ("first_good_s", "first good answer that NHAM saw", "#1f3d66"),
)
_FILL = {"kept": "#9db8d6", "lost": "#d9a5a5"}
#: Pixels; bars lie between the case and what is said of it.
_LEFT, _WIDE, _WIDTH = 230, 470, 1000
_TOP, _HEAD, _BAR, _GAP, _LANE = 104, 30, 20, 10, 5
_STEPS = (0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 50, 100)

_PAGE = """\
<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" \
width="{width}" height="{height}" \
font-family="DejaVu Sans, Arial, sans-serif" font-size="13">
<title>Outages by mechanism and fault</title>
<rect width="{width}" height="{height}" fill="#ffffff"/>
<text x="20" y="30" font-size="18">Outages by mechanism and fault</text>
<text x="20" y="52" fill="#444">Bar: median, from the fault until a client \
is served again; of MR-AA until no more requests are in vain, of a \
switchover its silence.</text>
{body}
</svg>
"""
_MIDDLE = ' text-anchor="middle" fill="#444" font-size="12"'


def draw(rows: Sequence[Row]) -> str:
    """Return an SVG: a bar for each case, below the fault that it met."""
    longest = max(itertools.chain.from_iterable(map(_times, rows)), default=1)
    step = next((s for s in _STEPS if longest <= 10 * s), _STEPS[-1])
    scale = _WIDE / max(longest, step)
    bars, y = [], float(_TOP)
    for fault, some in itertools.groupby(rows, lambda row: row["fault"]):
        bars.append(_text(20, y + 18, fault, ' font-weight="bold"'))
        y += _HEAD
        for row in some:
            bars += _bar(row, y, scale)
            y += _BAR + _GAP
    body = "\n".join([*_legend(), *_axis(y, step, longest, scale), *bars])
    return _PAGE.format(width=_WIDTH, height=int(y) + 44, body=body)


def _times(row: Row) -> list[float]:
    names = ("median", *(name for name, _, _ in _MARKS))
    return [row[name] for name in names if row.get(name) is not None]


def _bar(row: Row, y: float, scale: float) -> list[str]:
    fill = _FILL["kept" if row["state_restored"] == "yes" else "lost"]
    found = [
        _text(_LEFT - 10, y + 15, row["case"], ' text-anchor="end"'),
        _box(_LEFT, y, (row["median"] or 0) * scale, _BAR, fill),
        _text(_LEFT + _WIDE + 16, y + 15, _words(row)),
    ]
    for lane, (name, _, colour) in enumerate(_MARKS):
        if row.get(name) is not None:
            x = _LEFT + row[name] * scale - 1.5
            found.append(_box(x, y + lane * _LANE, 3, _LANE, colour))
    return found


def _words(row: Row) -> str:
    if row["median"] is None:
        return "no end seen"
    words = [f"{row['median']:.2f} s"]
    if row.get("failed_share") is not None:
        words.append(f"{row['failed_share']:.0%} in vain")
    if row["state_restored"] != "yes":
        words.append("state lost")
    return ", ".join(words)


def _legend() -> list[str]:
    found, x, y = [], 20.0, _TOP - 28.0
    for _, name, fill in _MARKS:
        found += [_box(x, y - 9, 3, 10, fill), _text(x + 10, y, name)]
        x += 36 + 7.5 * len(name)
    for name, fill in _FILL.items():
        found.append(_box(x, y - 10, 14, 12, fill))
        found.append(_text(x + 20, y, f"state {name}"))
        x += 120
    return found


def _axis(y: float, step: float, longest: float, scale: float) -> list[str]:
    found = []
    for number in range(int(longest / step) + 1):
        x = _LEFT + number * step * scale
        found.append(_box(x, _TOP, 1, y - _TOP, "#d8d8d8"))
        found.append(_text(x, y + 16, f"{number * step:g}", _MIDDLE))
    x = _LEFT + _WIDE / 2
    return [*found, _text(x, y + 34, "seconds after the fault", _MIDDLE)]


def _box(x: float, y: float, wide: float, high: float, fill: str) -> str:
    return (
        f'<rect x="{x:.1f}" y="{y:.1f}" width="{wide:.1f}" '
        f'height="{high:.1f}" fill="{fill}"/>'
    )


def _text(x: float, y: float, text: str, how: str = "") -> str:
    escaped = saxutils.escape(text)
    return f'<text x="{x:.1f}" y="{y:.1f}"{how}>{escaped}</text>'


def main() -> None:
    """Draw the rows of a file into another."""
    source, target = map(pathlib.Path, sys.argv[1:])
    target.write_text(draw(json.loads(source.read_text())["rows"]))


if __name__ == "__main__":
    main()
