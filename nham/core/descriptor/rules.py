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

"""The rules of a resiliency policy that a type system cannot say."""

from __future__ import annotations

import collections
from collections.abc import Callable
from collections.abc import Iterable
from collections.abc import Iterator
from collections.abc import Sequence
import dataclasses
import functools
from typing import Literal

from nham.core import mechanisms
from nham.core.descriptor import conditions
from nham.core.descriptor import facts
from nham.core.descriptor import replicas
from nham.core.descriptor import shape
from nham.core.descriptor import wishes


@dataclasses.dataclass(frozen=True)
class Rule:
    """A sentence and the function that finds where it is broken.

    :ivar find: yields (field, what was found) pairs.
    :ivar kind: 'advice' is a warning instead of an error; what is
        'unsupported' is right, but no part of this version, and what was
        found says so alone.
    """

    sentence: str
    find: Callable[[facts.Facts], conditions.Found]
    kind: Literal["rule", "unsupported", "advice"] = "rule"

    def problems(self, policy: facts.Facts) -> Iterator[facts.Problem]:
        """Yield a problem for each place that breaks the rule."""
        lead = "" if self.kind == "unsupported" else f"{self.sentence}: "
        for field, found in self.find(policy):
            yield facts.Problem(
                field,
                f"{lead}{found}",
                severity="warning" if self.kind == "advice" else "error",
            )


RULES = (
    Rule("a target must be the VNF node or a VDU", conditions.target_kind),
    Rule("a target must be named once", conditions.target_once),
    *(
        Rule(
            f"{spec.name} has {spec.backups}",
            functools.partial(conditions.backups, spec),
        )
        for spec in mechanisms.TABLE
    ),
    Rule(
        "min_replicas and max_replicas are only for MR-AA",
        replicas.replica_limits,
    ),
    Rule(
        "min_replicas <= num_backups <= max_replicas",
        replicas.replica_order,
    ),
    Rule(
        "min_timeout <= initial_timeout <= max_timeout",
        conditions.timeout_order,
    ),
    Rule(
        "the wished detection_time and mistake_recurrence can be met",
        wishes.met,
    ),
    Rule(
        "initial_timeout is not longer than the wished detection_time allows",
        wishes.initial,
    ),
    Rule(
        "detection_time is within what the service availability level allows",
        wishes.sal,
    ),
    Rule(
        "escalation names zones in rising order, each once",
        conditions.escalation_order,
    ),
    Rule(
        "host_recovery needs the host in escalation", conditions.host_in_ladder
    ),
    Rule(
        "image_snapshot needs a VDU that boots from an image",
        conditions.image_vdu,
    ),
    Rule(
        "volume_snapshot needs a VDU that boots from a volume",
        conditions.volume_vdu,
    ),
    Rule(
        "stateful: true needs a state_protection.method other than none",
        conditions.stateful_method,
    ),
    Rule(
        "a state_protection.method other than none needs stateful: true",
        conditions.method_stateful,
    ),
    Rule(
        "accept_state_loss needs stateful: true",
        conditions.loss_stateful,
    ),
    Rule(
        "cooldown and state_protection.interval must be the same if both "
        "are given",
        conditions.same_interval,
    ),
    Rule(
        "the interval of snapshots must be at least 10 s",
        conditions.interval_length,
    ),
    Rule(
        "a checkpoint interval, retention, max_total or rpo needs a "
        "state_protection.method other than none",
        conditions.interval_used,
    ),
    Rule(
        "a probe of type tcp, http or udp needs a port, icmp has none",
        conditions.probe_port,
    ),
    Rule(
        "path and expect_status are only for probes of type http",
        conditions.probe_http,
    ),
    Rule(
        "the path of a probe starts with / and has no spaces",
        conditions.probe_path,
    ),
    Rule(
        "all mechanisms but 0R need a service_address.driver other than none",
        replicas.needs_address,
    ),
    Rule("0R has no service address", replicas.no_address),
    Rule(
        "MR-AA has a service_address.driver that spreads the service: "
        "octavia or ecmp; the others have one that does not",
        replicas.spreading_address,
    ),
    Rule(
        "the driver octavia, and it alone, has service_address.pool and port",
        replicas.pool_given,
    ),
    Rule(
        "the drivers fixed_ip, vip and ecmp, and they alone, have "
        "service_address.address, an IPv4 address",
        replicas.address_given,
    ),
    Rule(
        "the driver ecmp, and it alone, has service_address.router",
        replicas.router_given,
    ),
    Rule(
        "the driver vip needs the block state_protection.hook, and it alone "
        "has its claim_path or claim_command",
        replicas.claims,
    ),
    Rule(
        "all mechanisms but 0R need at least one probe", replicas.needs_probe
    ),
    Rule(
        "probe_from: port needs at least one probe",
        conditions.port_needs_probe,
    ),
    Rule(
        "standby and failback are only for 1R-AS and 1R-AA",
        replicas.replica_words,
    ),
    Rule("standby: cold is only for 1R-AS", replicas.cold_standby),
    Rule(
        "1R-AA and MR-AA save state by the method hook alone, 1R-AS by a "
        "snapshot, too",
        replicas.no_snapshot,
    ),
    Rule(
        "refresh_interval is only for 1R-AS with a snapshot method",
        replicas.refreshed,
    ),
    Rule(
        "failback: auto is not for a snapshot method",
        replicas.failback_on_disk,
    ),
    Rule(
        "state_protection.spread is only for MR-AA",
        replicas.spread_mechanism,
    ),
    Rule(
        "spread is none if the method is none, else leader or merge",
        replicas.spread_method,
    ),
    Rule(
        "the method hook needs the block state_protection.hook",
        replicas.hook_block,
    ),
    Rule(
        "the block state_protection.hook needs the method hook",
        replicas.hook_method,
    ),
    Rule(
        "a hook over http has a port; one by guest_agent has an "
        "export_command, an import_command and, with the driver vip, a "
        "claim_command",
        replicas.hook_whole,
    ),
    Rule(
        "port, paths, token and network are only for a hook over http, "
        "commands only for one by guest_agent",
        replicas.hook_transport,
    ),
    Rule(
        "the commands of a hook begin with an absolute path, and their quotes "
        "are closed",
        replicas.hook_commands,
    ),
    Rule(
        "the paths of a hook start with / and have no spaces",
        replicas.hook_paths,
    ),
    Rule(
        "the token of a hook is the name of a secret: letters, digits, _, - "
        "and ., not beginning with .",
        replicas.hook_token,
    ),
    Rule(
        "the rpo must not be shorter than the interval",
        conditions.rpo_reached,
    ),
    Rule(
        "the interval of a hook must be at least 0.2 s",
        replicas.hook_interval,
    ),
    Rule(
        "a failure is detected as soon as the service availability level asks",
        conditions.sal_detection,
    ),
    Rule(
        "a target must not be a placement group",
        conditions.target_group,
        kind="unsupported",
    ),
    Rule(
        "scaling_aspect must not be given",
        conditions.no_scaling_aspect,
        kind="unsupported",
    ),
    Rule("quiesce must be false", conditions.no_quiesce, kind="unsupported"),
    Rule(
        "the mechanism can meet the service availability level",
        conditions.sal_mechanism,
        kind="advice",
    ),
    Rule(
        "the method saves every volume of the VDU",
        conditions.data_volumes,
        kind="advice",
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
        problems.extend(rule.problems(policy))
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
