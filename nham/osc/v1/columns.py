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


"""Values that people and programs read differently.

``-f json`` and its like get plain values, a table gets words.
"""

from __future__ import annotations

from collections.abc import Mapping
from collections.abc import Sequence
import datetime
from typing import Any

from cliff import columns


class Seconds(columns.FormattableColumn[float | None]):
    """A duration."""

    def human_readable(self) -> str:
        """See base class."""
        return "" if self._value is None else f"{self._value:.1f} s"


class Moment(columns.FormattableColumn[Any]):
    """A time, given as seconds since the epoch."""

    def human_readable(self) -> str:
        """See base class."""
        return moment(self._value) or ""

    def machine_readable(self) -> str | None:
        """See base class."""
        return moment(self._value)


class Words(columns.FormattableColumn[Sequence[str]]):
    """A few words, in one line."""

    def human_readable(self) -> str:
        """See base class."""
        return ", ".join(self._value or ())


class Lines(columns.FormattableColumn[Sequence[str]]):
    """Sentences, each in a line of its own."""

    def human_readable(self) -> str:
        """See base class."""
        return "\n".join(self._value or ())


class Timeline(columns.FormattableColumn[Mapping[str, float | None]]):
    """The moments of a recovery with their durations."""

    def human_readable(self) -> str:
        """See base class."""
        lines = []
        for name, value in self._value.items():
            if value is None or name.endswith("_seconds"):
                continue
            took = self._value.get(f"{name}_seconds")
            since = "last_good" if name == "detected" else "detected"
            told = "" if took is None else f"  +{took:.2f} s from {since}"
            lines.append(f"{name:10} {moment(value)}{told}")
        outage = self._value.get("outage_seconds")
        if outage is not None:
            lines.append(f"{'outage':10} {outage:.2f} s")
        return "\n".join(lines)


class Steps(columns.FormattableColumn[Sequence[Mapping[str, Any]]]):
    """The steps of a recovery."""

    def human_readable(self) -> str:
        """See base class."""
        return "\n".join(step(one) for one in self._value or ())


class Groups(columns.FormattableColumn[Sequence[Mapping[str, Any]]]):
    """The replica groups of a VNF."""

    def human_readable(self) -> str:
        """See base class."""
        return "\n".join(_group(one) for one in self._value or ())


class HostMembers(columns.FormattableColumn[Any]):
    """What NHAM has on a host; None: nobody knows."""

    def human_readable(self) -> str:
        """See base class."""
        if self._value is None:
            return "not known: no engine answers"
        return "\n".join(
            f"{one['vnf_id']} {one['vnfc']} ({one['role']}): {one['stage']}: "
            f"{one['reason']}"
            for one in self._value
        )


class Levels(columns.FormattableColumn[Sequence[Mapping[str, Any]]]):
    """The service availability levels of a VNF's replica groups."""

    def human_readable(self) -> str:
        """See base class."""
        return "\n".join(
            _levels(one) for one in self._value or () if one["sal"]
        )

    def machine_readable(self) -> Sequence[Mapping[str, Any]]:
        """See base class."""
        return [
            {"vnfc": one["vnfc"], **one["sal"]}
            for one in self._value or ()
            if one["sal"]
        ]


class Policies(columns.FormattableColumn[Sequence[Mapping[str, Any]]]):
    """The resiliency policies of a VNF."""

    def human_readable(self) -> str:
        """See base class."""
        return "\n".join(
            f"{one['name']} for {', '.join(one['targets'])}: "
            f"{one['redundancy']}"
            for one in self._value or ()
        )


def moment(value: float | None) -> str | None:
    """Return a time by ISO 8601, in UTC to the millisecond."""
    if value is None:
        return None
    found = datetime.datetime.fromtimestamp(value, datetime.UTC)
    return found.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def step(one: Mapping[str, Any]) -> str:
    """Return a step of a recovery in one line."""
    took = ""
    if one["started_at"] is not None and one["ended_at"] is not None:
        took = f" in {one['ended_at'] - one['started_at']:.2f} s"
    detail = f": {one['detail']}" if one["detail"] else ""
    return f"{one['position']} {one['action']} {one['state']}{took}{detail}"


def _group(one: Mapping[str, Any]) -> str:
    servers = ", ".join(
        f"{member['role']} {member['server_id']} on {member['host']}"
        for member in one["members"]
    )
    newest = one["newest_checkpoint"]
    age = f"{newest['age']:.1f} s old" if newest else "none"
    busy = ", recovering" if one["recovery_id"] else ""
    wanting = one["mechanism_in_force"] != one["mechanism"]
    force = ""
    if wanting:
        force = (
            f", {one['mechanism_in_force']} in force: "
            f"{one['mechanism_reason']}"
        )
    return (
        f"{one['vnfc']} ({one['mechanism']}{force}{busy}) id {one['id']}: "
        f"{servers or 'no server'}; checkpoint: {age}{_detection(one)}"
    )


def _detection(one: Mapping[str, Any]) -> str:
    """Return how soon failures of a group are detected, and how rightly."""
    found = (one.get("probes") or {}).get("detection") or ()
    if not found:
        return ""
    # Of several probes the one that is slowest, and all mistakes.
    time = max(each["detection_time"] for each in found)
    mistakes = sum(each["mistakes"] for each in found)
    hours = max(each["observed"] for each in found) / 3600
    return (
        f"; detection: {time:.2f} s, {mistakes} false suspicions in "
        f"{hours:.1f} h"
    )


def _levels(one: Mapping[str, Any]) -> str:
    sal, seen = one["sal"], one["sal"]["measured"]
    measured = "not measured yet"
    if seen is not None:
        measured = (
            f"measured {seen['level'] or 'none'} (worst "
            f"{seen['worst']:.1f} s, median {seen['median']:.1f} s of "
            f"{seen['count']})"
        )
    return (
        f"{one['vnfc']}: declared {sal['declared'] or 'none'}, reachable "
        f"{sal['reachable'] or 'none'} ({sal['reachable_seconds']:.1f} s), "
        f"{measured}"
    )
