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

"""Draws T_D over T_MR: one field for each trace, one line an estimator."""

from __future__ import annotations

from collections.abc import Iterator
from collections.abc import Sequence
import math
from xml.sax import saxutils

from benchmarks.detectors import run

_COLOURS = {
    "fixed": "#888888",
    "chen": "#b8860b",
    "bertier": "#a02c2c",
    "two_window": "#1f3d66",
    "phi": "#2e8b57",
}
_WIDE, _HIGH, _LEFT, _TOP = 400, 230, 60, 96
_ACROSS, _DOWN = 490, 310
_LOW, _MOST = 1.0, 1000.0
_PAGE = """\
<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" \
width="{width}" height="{height}" \
font-family="DejaVu Sans, Arial, sans-serif" font-size="12">
<title>Detection time over mistake recurrence</title>
<rect width="{width}" height="{height}" fill="#ffffff"/>
<text x="20" y="28" font-size="18">Detection time over mistake \
recurrence</text>
<text x="20" y="48" fill="#444">Lower is sooner, further right is rarer. \
The last column of points made no mistake.</text>
{body}
</svg>
"""


def draw(found: Sequence[run.Point]) -> str:
    """Return an SVG of all points."""
    names = list(dict.fromkeys(one.trace for one in found))
    body = list(_legend())
    for place, name in enumerate(names):
        x = _LEFT + place % 2 * _ACROSS
        y = _TOP + place // 2 * _DOWN
        body += _field(x, y, name, [p for p in found if p.trace == name])
    rows = (len(names) + 1) // 2
    return _PAGE.format(
        width=2 * _ACROSS, height=_TOP + rows * _DOWN, body="\n".join(body)
    )


def _legend() -> Iterator[str]:
    x = 20.0
    for name, colour in _COLOURS.items():
        yield f'<rect x="{x}" y="62" width="14" height="4" fill="{colour}"/>'
        yield _text(x + 20, 69, name)
        x += 50 + 8 * len(name)


def _field(
    x: float, y: float, name: str, found: Sequence[run.Point]
) -> Iterator[str]:
    highest = 1.2 * max(p.t_d for p in found if p.estimator == run.DEFAULT)
    yield _text(x, y - 6, name, ' font-weight="bold"')
    yield (
        f'<rect x="{x}" y="{y}" width="{_WIDE}" height="{_HIGH}" '
        'fill="none" stroke="#bbb"/>'
    )
    for tick in (1, 10, 100):
        yield _text(x + _across(tick), y + _HIGH + 16, f"{tick} s", _MIDDLE)
    yield _text(x + _across(_MOST), y + _HIGH + 16, "none", _MIDDLE)
    for part in (0.25, 0.5, 0.75, 1.0):
        at = y + _HIGH * (1 - part)
        words = f"{highest * part:.2f} s"
        yield _text(x - 6, at + 4, words, ' text-anchor="end" fill="#444"')
    for kind, colour in _COLOURS.items():
        own = sorted(
            (p for p in found if p.estimator == kind and p.t_d <= highest),
            key=lambda p: (p.t_d, p.t_mr),
        )
        places = [
            (x + _across(p.t_mr), y + _HIGH * (1 - p.t_d / highest))
            for p in own
        ]
        line = " ".join(f"{a:.1f},{b:.1f}" for a, b in places)
        yield (
            f'<polyline points="{line}" fill="none" stroke="{colour}" '
            'stroke-width="2"/>'
        )
        for (a, b), point in zip(places, own, strict=True):
            size = 5 if point.usual else 2
            yield f'<circle cx="{a:.1f}" cy="{b:.1f}" r="{size}" ' + (
                f'fill="{colour}"/>'
            )


_MIDDLE = ' text-anchor="middle" fill="#444"'


def _across(t_mr: float) -> float:
    inside = min(max(t_mr, _LOW), _MOST)
    return _WIDE * math.log(inside / _LOW) / math.log(_MOST / _LOW)


def _text(x: float, y: float, text: str, how: str = "") -> str:
    escaped = saxutils.escape(text)
    return f'<text x="{x:.1f}" y="{y:.1f}"{how}>{escaped}</text>'
