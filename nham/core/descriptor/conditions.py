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

"""Where a resiliency policy breaks a rule: one function for each rule.

Each yields (field, what was found) pairs and looks only at what could be
read, so one mistake is reported once. `rules` says the rules in words.
"""

from __future__ import annotations

from collections.abc import Iterator

from nham.core import mechanisms
from nham.core.descriptor import durations
from nham.core.descriptor import facts
from nham.core.descriptor import levels
from nham.core.descriptor import model
from nham.core.descriptor import words

Found = Iterator[tuple[str, str]]

#: What a snapshot takes from the request to the end of the cut, seconds;
#: measured on a real cloud with a small disk.
_SNAPSHOT_SECONDS = 1.8
#: Shortest interval of the snapshot methods, seconds.
_MIN_INTERVAL = 10.0


def target_kind(policy: facts.Facts) -> Found:
    for index, name in enumerate(policy.targets):
        target = policy.context.targets.get(name)
        if target is None:
            yield f"targets[{index}]", f"there is no {name}"
        elif target.kind == "other":
            yield f"targets[{index}]", f"{name} is a {target.type_name}"


def target_group(policy: facts.Facts) -> Found:
    for index, name in enumerate(policy.targets):
        target = policy.context.targets.get(name)
        if target is not None and target.kind == "placement_group":
            yield (
                f"targets[{index}]",
                f"{name} is a placement group, which is not yet "
                f"supported in this version",
            )


def target_once(policy: facts.Facts) -> Found:
    for index, name in enumerate(policy.targets):
        if name in policy.targets[:index]:
            yield f"targets[{index}]", f"{name} is there twice"


def backups(spec: mechanisms.Spec, policy: facts.Facts) -> Found:
    """Look at the policies of one mechanism only."""
    count = policy.values.get("num_backups", spec.default)
    if policy.spec is spec and not spec.low <= count <= spec.high:
        yield "num_backups", f"found {count}"


def timeout_order(policy: facts.Facts) -> Found:
    default = model.Detection()
    names = ("min_timeout", "initial_timeout", "max_timeout")
    if any(f"detection.{name}" in policy.broken for name in names):
        return
    times = [
        policy.values.get(f"detection.{name}", getattr(default, name))
        for name in names
    ]
    for low, high in ((0, 1), (1, 2)):
        if times[low] > times[high]:
            given = [
                name
                for name in (names[high], names[low])
                if f"detection.{name}" in policy.values
            ]
            yield (
                f"detection.{given[0]}",
                f"{names[low]} is {durations.render(times[low])} and "
                f"{names[high]} is {durations.render(times[high])}",
            )


def escalation_order(policy: facts.Facts) -> Found:
    ladder = policy.values.get("escalation", ())
    for index, (low, high) in enumerate(
        zip(ladder, ladder[1:], strict=False), 1
    ):
        if not low < high:
            yield f"escalation[{index}]", f"{high} comes after {low}"


def host_in_ladder(policy: facts.Facts) -> Found:
    ladder = policy.values.get("escalation", model.Escalation().ladder)
    if "host_recovery" in policy.values and words.Zone.HOST not in ladder:
        yield "host_recovery", "escalation does not reach it"


def image_vdu(policy: facts.Facts) -> Found:
    if policy.values.get("state_protection.method") == "image_snapshot":
        for vdu in policy.vdus():
            if vdu.volume_backed:
                yield (
                    "state_protection.method",
                    f"{vdu.name} boots from a volume",
                )


def volume_vdu(policy: facts.Facts) -> Found:
    if policy.values.get("state_protection.method") == "volume_snapshot":
        for vdu in policy.vdus():
            if not vdu.volume_backed:
                yield (
                    "state_protection.method",
                    f"{vdu.name} boots from an image",
                )


def stateful_method(policy: facts.Facts) -> Found:
    method = policy.values.get("state_protection.method", "none")
    if (
        policy.values.get("stateful")
        and method == "none"
        and "state_protection.method" not in policy.broken
    ):
        yield "stateful", "state_protection.method is none"


def method_stateful(policy: facts.Facts) -> Found:
    method = policy.values.get("state_protection.method", "none")
    if (
        method != "none"
        and not policy.values.get("stateful", False)
        and "stateful" not in policy.broken
    ):
        yield "state_protection.method", f"stateful is false, found {method}"


def loss_stateful(policy: facts.Facts) -> Found:
    if (
        "accept_state_loss" in policy.values
        and not policy.values.get("stateful", False)
        and "stateful" not in policy.broken
    ):
        yield "accept_state_loss", "stateful is false"


def same_interval(policy: facts.Facts) -> Found:
    interval = policy.values.get("state_protection.interval")
    cooldown = policy.values.get("cooldown")
    if interval is not None and cooldown is not None and interval != cooldown:
        yield (
            "cooldown",
            f"found {durations.render(cooldown)} and "
            f"{durations.render(interval)}",
        )


def interval_length(policy: facts.Facts) -> Found:
    if policy.values.get("state_protection.method") not in words.SNAPSHOTS:
        return
    for field in ("state_protection.interval", "cooldown"):
        seconds = policy.values.get(field, _MIN_INTERVAL)
        if seconds < _MIN_INTERVAL:
            yield (
                field,
                f"a snapshot takes about {_SNAPSHOT_SECONDS} s, one every "
                f"{durations.render(seconds)} would need "
                f"{_SNAPSHOT_SECONDS / seconds:.2g} s of each second",
            )


def rpo_reached(policy: facts.Facts) -> Found:
    rpo = policy.values.get("state_protection.rpo")
    hook = policy.values.get("state_protection.method") == "hook"
    default = model.HOOK_INTERVAL if hook else model.StateProtection().interval
    interval = policy.values.get(
        "state_protection.interval", policy.values.get("cooldown", default)
    )
    if rpo is not None and rpo < interval:
        yield "state_protection.rpo", f"the interval is {interval:g} s"


def interval_used(policy: facts.Facts) -> Found:
    method = policy.values.get("state_protection.method", "none")
    if method != "none" or "state_protection.method" in policy.broken:
        return
    for field in (
        "state_protection.interval",
        "state_protection.retention",
        "state_protection.max_total",
        "state_protection.rpo",
        "cooldown",
    ):
        if field in policy.values:
            yield field, "state_protection.method is none"


def port_needs_probe(policy: facts.Facts) -> Found:
    from_port = policy.values.get("detection.probe_from") == "port"
    if from_port and not policy.probes and not policy.is_broken("probes"):
        yield "detection.probe_from", "nothing is asked without probes"


def probe_port(policy: facts.Facts) -> Found:
    for index, probe in enumerate(policy.probes):
        field = f"probes[{index}].port"
        kind = probe.get("type")
        if kind == "icmp" and "port" in probe:
            yield field, "icmp has no ports"
        elif (
            kind in ("tcp", "http", "udp")
            and "port" not in probe
            and field not in policy.broken
        ):
            yield field, f"{kind} needs one"


def probe_http(policy: facts.Facts) -> Found:
    for index, probe in enumerate(policy.probes):
        for key in ("path", "expect_status"):
            if key in probe and probe.get("type", "http") != "http":
                yield f"probes[{index}].{key}", f"type is {probe['type']}"


def probe_path(policy: facts.Facts) -> Found:
    for index, probe in enumerate(policy.probes):
        path = probe.get("path", "/")
        if not path.startswith("/") or " " in path:
            yield f"probes[{index}].path", f"found {path!r}"


def no_scaling_aspect(policy: facts.Facts) -> Found:
    if "scaling_aspect" in policy.values:
        yield "scaling_aspect", "is not yet supported in this version"


def no_quiesce(policy: facts.Facts) -> Found:
    if policy.values.get("state_protection.quiesce"):
        yield (
            "state_protection.quiesce",
            "true is not yet supported in this version",
        )


def sal_mechanism(policy: facts.Facts) -> Found:
    spec, sal = policy.spec, policy.values.get("sal")
    if spec is not None and not spec.replicated and sal in (1, 2):
        level = levels.BY_NUMBER[sal]
        yield (
            "sal",
            f"0R has to start the VM again, which takes tens of seconds; "
            f"level {sal} allows {level.low:g} to {level.high:g} s, which "
            f"needs a standby or active member",
        )


def sal_detection(policy: facts.Facts) -> Found:
    sal = policy.values.get("sal")
    if "detection.detection_time" in policy.values:
        # It has a rule of its own.
        return
    names = ("poll_interval", "max_misses", "min_timeout")
    paths = {name: f"detection.{name}" for name in names}
    if sal is None or any(path in policy.broken for path in paths.values()):
        return
    detection = model.Detection(
        **{
            name: policy.values[path]
            for name, path in paths.items()
            if path in policy.values
        }
    )
    allowed = levels.BY_NUMBER[sal].detect
    if levels.detection_seconds(detection) >= allowed:
        yield (
            "sal",
            f"{levels.detection_sum(detection)}, and level {sal} asks for "
            f"less than {allowed:g} s",
        )


def data_volumes(policy: facts.Facts) -> Found:
    method = policy.values.get("state_protection.method")
    if method not in words.SNAPSHOTS:
        return
    for vdu in policy.vdus():
        for volume in vdu.data_volumes:
            yield (
                "state_protection.method",
                f"{volume} of {vdu.name} is not saved",
            )
