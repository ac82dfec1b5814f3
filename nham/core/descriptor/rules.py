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

"""The rules of a resiliency policy that a type system cannot say.

Each rule is a sentence and a small function that yields the places where a
policy breaks it. The functions look only at what could be read, so one
mistake is reported once.
"""

from __future__ import annotations

import collections
from collections.abc import Callable, Iterable, Iterator, Sequence
import dataclasses
from typing import Literal

from nham.core.descriptor import durations, facts, model, shape, words

_Found = Iterator[tuple[str, str]]

#: What a snapshot takes from the request to the end of the cut, seconds;
#: measured on a real cloud with a small disk.
_SNAPSHOT_SECONDS = 1.8
#: Shortest interval of the snapshot methods, seconds.
_MIN_INTERVAL = 10.0
_SNAPSHOTS = ("image_snapshot", "volume_snapshot")

#: Service recovery time in seconds that a level allows (OPNFV scenario
#: analysis for high availability, table 2, after ETSI GS NFV-REL 001).
SAL_SECONDS = {1: (5, 6), 2: (10, 15), 3: (20, 25)}


@dataclasses.dataclass(frozen=True)
class Rule:
    """A sentence and the function that finds where it is broken.

    :ivar find: yields (field, what was found) pairs.
    :ivar kind: 'advice' is a warning instead of an error; what is
        'unsupported' is right, but no part of this version, and what was
        found says so alone.
    """

    sentence: str
    find: Callable[[facts.Facts], _Found]
    kind: Literal['rule', 'unsupported', 'advice'] = 'rule'

    def problems(self, policy: facts.Facts) -> Iterator[facts.Problem]:
        """Yield a problem for each place that breaks the rule."""
        lead = '' if self.kind == 'unsupported' else f'{self.sentence}: '
        for field, found in self.find(policy):
            yield facts.Problem(
                field, f'{lead}{found}',
                severity='warning' if self.kind == 'advice' else 'error')


def _target_kind(policy: facts.Facts) -> _Found:
    for index, name in enumerate(policy.targets):
        target = policy.context.targets.get(name)
        if target is None:
            yield f"targets[{index}]", f"there is no {name}"
        elif target.kind == "other":
            yield f"targets[{index}]", f"{name} is a {target.type_name}"


def _target_group(policy: facts.Facts) -> _Found:
    for index, name in enumerate(policy.targets):
        target = policy.context.targets.get(name)
        if target is not None and target.kind == "placement_group":
            yield f"targets[{index}]", f"{name} is one"


def _target_once(policy: facts.Facts) -> _Found:
    for index, name in enumerate(policy.targets):
        if name in policy.targets[:index]:
            yield f"targets[{index}]", f"{name} is there twice"


def _no_backups(policy: facts.Facts) -> _Found:
    count = policy.values.get("num_backups", 0)
    if policy.mechanism is words.Mechanism.ZERO_R and count:
        yield "num_backups", f"found {count}"


def _one_backup(policy: facts.Facts) -> _Found:
    count = policy.values.get("num_backups", 1)
    if (
        policy.mechanism
        in (words.Mechanism.ONE_R_AS, words.Mechanism.ONE_R_AA)
        and count != 1
    ):
        yield "num_backups", f"found {count}"


def _some_backups(policy: facts.Facts) -> _Found:
    count = policy.values.get("num_backups", 0)
    if (
        policy.mechanism is words.Mechanism.MR_AA
        and count < 1
        and "num_backups" not in policy.broken
    ):
        yield "num_backups", f"found {count}"


def _timeout_order(policy: facts.Facts) -> _Found:
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


def _escalation_order(policy: facts.Facts) -> _Found:
    ladder = policy.values.get("escalation", ())
    for index, (low, high) in enumerate(
        zip(ladder, ladder[1:], strict=False), 1
    ):
        if not low < high:
            yield f"escalation[{index}]", f"{high} comes after {low}"


def _host_in_ladder(policy: facts.Facts) -> _Found:
    ladder = policy.values.get("escalation", model.Escalation().ladder)
    if "host_recovery" in policy.values and words.Zone.HOST not in ladder:
        yield "host_recovery", "escalation does not reach it"


def _image_vdu(policy: facts.Facts) -> _Found:
    if policy.values.get("state_protection.method") == "image_snapshot":
        for vdu in policy.vdus():
            if vdu.volume_backed:
                yield (
                    "state_protection.method",
                    f"{vdu.name} boots from a volume",
                )


def _volume_vdu(policy: facts.Facts) -> _Found:
    if policy.values.get("state_protection.method") == "volume_snapshot":
        for vdu in policy.vdus():
            if not vdu.volume_backed:
                yield (
                    "state_protection.method",
                    f"{vdu.name} boots from an image",
                )


def _stateful_method(policy: facts.Facts) -> _Found:
    method = policy.values.get("state_protection.method", "none")
    if (
        policy.values.get("stateful")
        and method == "none"
        and "state_protection.method" not in policy.broken
    ):
        yield "stateful", "state_protection.method is none"


def _method_stateful(policy: facts.Facts) -> _Found:
    method = policy.values.get("state_protection.method", "none")
    if (
        method != "none"
        and not policy.values.get("stateful", False)
        and "stateful" not in policy.broken
    ):
        yield "state_protection.method", f"stateful is false, found {method}"


def _loss_stateful(policy: facts.Facts) -> _Found:
    if (
        policy.values.get("accept_state_loss")
        and not policy.values.get("stateful", False)
        and "stateful" not in policy.broken
    ):
        yield "accept_state_loss", "stateful is false"


def _same_interval(policy: facts.Facts) -> _Found:
    interval = policy.values.get("state_protection.interval")
    cooldown = policy.values.get("cooldown")
    if (interval is not None and cooldown is not None
            and interval != cooldown):
        yield (
            "cooldown",
            f"found {durations.render(cooldown)} and "
            f"{durations.render(interval)}",
        )


def _interval_length(policy: facts.Facts) -> _Found:
    if policy.values.get("state_protection.method") not in _SNAPSHOTS:
        return
    for field in ("state_protection.interval", "cooldown"):
        seconds = policy.values.get(field, _MIN_INTERVAL)
        if seconds < _MIN_INTERVAL:
            share = _SNAPSHOT_SECONDS / seconds
            yield (
                field,
                f"a snapshot takes about {_SNAPSHOT_SECONDS} s, one "
                f"every {durations.render(seconds)} would keep the "
                f"member busy {share:.0%} of the time",
            )


def _interval_used(policy: facts.Facts) -> _Found:
    method = policy.values.get("state_protection.method", "none")
    if method != "none" or "state_protection.method" in policy.broken:
        return
    fields = ["state_protection.interval", "state_protection.retention"]
    # With replicas the cooldown is how often the primary's state goes to
    # them; alone it can only mean checkpoints.
    if policy.mechanism is words.Mechanism.ZERO_R:
        fields.append("cooldown")
    for field in fields:
        if field in policy.values:
            yield field, "state_protection.method is none"


def _probe_port(policy: facts.Facts) -> _Found:
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


def _probe_http(policy: facts.Facts) -> _Found:
    for index, probe in enumerate(policy.probes):
        for key in ("path", "expect_status"):
            if key in probe and probe.get("type", "http") != "http":
                yield f"probes[{index}].{key}", f"type is {probe['type']}"


def _probe_path(policy: facts.Facts) -> _Found:
    for index, probe in enumerate(policy.probes):
        path = probe.get("path", "/")
        if not path.startswith("/") or " " in path:
            yield f"probes[{index}].path", f"found {path!r}"


def _supported(policy: facts.Facts) -> _Found:
    mechanism = policy.mechanism
    supported = words.SUPPORTED_MECHANISMS
    if mechanism is not None and mechanism not in supported:
        yield (
            "redundancy",
            f"{mechanism} is not yet supported in this version "
            f"(supported: {', '.join(supported)})",
        )


def _no_scaling_aspect(policy: facts.Facts) -> _Found:
    if "scaling_aspect" in policy.values:
        yield "scaling_aspect", "is not yet supported in this version"


def _no_quiesce(policy: facts.Facts) -> _Found:
    if policy.values.get("state_protection.quiesce"):
        yield (
            "state_protection.quiesce",
            "true is not yet supported in this version",
        )


def _sal_mechanism(policy: facts.Facts) -> _Found:
    sal = policy.values.get("sal")
    if policy.mechanism is words.Mechanism.ZERO_R and sal in (1, 2):
        low, high = SAL_SECONDS[sal]
        yield (
            "sal",
            f"0R has to start the VM again, which takes tens of seconds; "
            f"level {sal} allows {low} to {high} s, which needs a "
            f"standby or active member",
        )


def _sal_detection(policy: facts.Facts) -> _Found:
    sal = policy.values.get("sal")
    default = model.Detection()
    seconds = policy.values.get(
        "detection.poll_interval", default.poll_interval
    ) * policy.values.get("detection.max_misses", default.max_misses)
    if sal is not None and seconds >= SAL_SECONDS[sal][1]:
        yield (
            "sal",
            f"poll_interval x max_misses is {durations.render(seconds)}, "
            f"level {sal} allows {SAL_SECONDS[sal][1]} s for the whole "
            f"recovery",
        )


def _data_volumes(policy: facts.Facts) -> _Found:
    method = policy.values.get("state_protection.method")
    if method not in _SNAPSHOTS:
        return
    for vdu in policy.vdus():
        for volume in vdu.data_volumes:
            yield (
                "state_protection.method",
                f"{volume} of {vdu.name} is not saved",
            )


RULES = (
    Rule("a target must be the VNF node or a VDU", _target_kind),
    Rule(
        "a placement group as target is not yet supported in this version",
        _target_group,
    ),
    Rule("a target must be named once", _target_once),
    Rule("0R has no backups", _no_backups),
    Rule("1R-AS and 1R-AA have exactly one backup", _one_backup),
    Rule("MR-AA has at least one backup", _some_backups),
    Rule("min_timeout <= initial_timeout <= max_timeout", _timeout_order),
    Rule(
        "escalation names zones in rising order, each once", _escalation_order
    ),
    Rule("host_recovery needs the host in escalation", _host_in_ladder),
    Rule("image_snapshot needs a VDU that boots from an image", _image_vdu),
    Rule("volume_snapshot needs a VDU that boots from a volume", _volume_vdu),
    Rule(
        "stateful: true needs a state_protection.method other than none",
        _stateful_method,
    ),
    Rule(
        "a state_protection.method other than none needs stateful: true",
        _method_stateful,
    ),
    Rule("accept_state_loss: true needs stateful: true", _loss_stateful),
    Rule(
        "cooldown and state_protection.interval must be the same if both "
        "are given",
        _same_interval,
    ),
    Rule("the interval of snapshots must be at least 10 s", _interval_length),
    Rule(
        "a checkpoint interval or retention needs a "
        "state_protection.method other than none",
        _interval_used,
    ),
    Rule(
        "a probe of type tcp, http or udp needs a port, icmp has none",
        _probe_port,
    ),
    Rule(
        "path and expect_status are only for probes of type http", _probe_http
    ),
    Rule("the path of a probe starts with / and has no spaces", _probe_path),
    # Last, so that a mechanism's own rules are reported before it.
    Rule("the mechanism must be supported", _supported),
    Rule("scaling_aspect", _no_scaling_aspect),
    Rule("quiesce", _no_quiesce),
    Rule(
        "the mechanism can meet the service availability level",
        _sal_mechanism,
        kind='advice',
    ),
    Rule(
        "the detection can meet the service availability level",
        _sal_detection,
        kind='advice',
    ),
    Rule(
        "the method saves every volume of the VDU", _data_volumes, kind='advice'
    ),
)


def check(
    data: facts.PolicyData, context: facts.Context
) -> list[facts.Problem]:
    """Return everything that is wrong with one policy, in the order found.

    Warnings are among the problems; a policy without errors can be built.
    """
    policy, problems = shape.read(data, context)
    for rule in RULES:
        for field, found in rule.find(policy):
            problems.append(
                facts.Problem(
                    field,
                    f"{rule.sentence}: {found}",
                    severity="warning" if rule.advice else "error",
                )
            )
    return problems


def check_together(
    policies: Sequence[facts.PolicyData],
) -> Iterable[tuple[int, facts.Problem]]:
    """Yield (index of the policy, problem) for what concerns several.

    The rule: a target has one policy.
    """
    owners: dict[str, str] = {}
    names = collections.Counter(policy.name for policy in policies)
    for index, policy in enumerate(policies):
        if names[policy.name] > 1:
            yield (
                index,
                facts.Problem(
                    "", f"the name {policy.name} is used by two policies"
                ),
            )
        targets = policy.targets if isinstance(policy.targets, list) else []
        for place, target in enumerate(targets):
            if not isinstance(target, str) or target in targets[:place]:
                continue
            owner = owners.setdefault(target, policy.name)
            if owner != policy.name:
                yield (
                    index,
                    facts.Problem(
                        f"targets[{place}]",
                        f"a target has one policy: "
                        f"{target} has {owner} already",
                    ),
                )
