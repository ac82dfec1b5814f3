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

"""Where a policy breaks a rule of one replica, or of the hook that feeds it.

Like `conditions`, which holds the other rules: one function for each rule,
each yields (field, what was found) pairs.
"""

from __future__ import annotations

import ipaddress
import re
import shlex

from nham.core import mechanisms
from nham.core.descriptor import blocks
from nham.core.descriptor import conditions
from nham.core.descriptor import durations
from nham.core.descriptor import facts
from nham.core.descriptor import words

#: Shortest interval of a hook, seconds: an export stops the VNFC for a
#: moment, and the state has to cross the network twice in each.
_MIN_INTERVAL = 0.2
_POOL = ("pool", "port")
#: These are told the address, the others find it.
_TOLD = ("fixed_ip", "vip", "ecmp")
#: The name becomes the name of a file, so it must not lead out of a folder.
_SECRET = re.compile(r"[A-Za-z0-9_-][A-Za-z0-9_.-]*")
_HOOK = "state_protection.hook"
_SPREAD = "state_protection.spread"


def _replicated(policy: facts.Facts) -> bool:
    return policy.spec is not None and policy.spec.replicated


def needs_address(policy: facts.Facts) -> conditions.Found:
    driver = policy.values.get("service_address.driver", "none")
    if (
        _replicated(policy)
        and driver == "none"
        and not policy.is_broken("service_address")
    ):
        yield "service_address.driver", "found none"


def spreading_address(policy: facts.Facts) -> conditions.Found:
    driver = policy.values.get("service_address.driver", "none")
    spec = policy.spec
    if driver == "none" or spec is None or not spec.replicated:
        return
    if driver not in spec.drivers:
        yield "service_address.driver", f"found {driver}"


def pool_given(policy: facts.Facts) -> conditions.Found:
    driver = policy.values.get("service_address.driver", "none")
    for key in _POOL:
        field = f"service_address.{key}"
        given = field in policy.values
        if driver == "octavia" and not given and field not in policy.broken:
            yield field, "found none"
        elif driver != "octavia" and given:
            yield field, f"service_address.driver is {driver}"


def address_given(policy: facts.Facts) -> conditions.Found:
    driver = policy.values.get("service_address.driver", "none")
    field = "service_address.address"
    address = policy.values.get(field)
    if driver not in _TOLD:
        if address is not None:
            yield field, f"service_address.driver is {driver}"
    elif address is None:
        if field not in policy.broken:
            yield field, "found none"
    elif not _is_ipv4(address):
        yield field, f"found {address!r}"


def _is_ipv4(text: str) -> bool:
    try:
        ipaddress.IPv4Address(text)
    except ValueError:
        return False
    return True


def claims(policy: facts.Facts) -> conditions.Found:
    driver = policy.values.get("service_address.driver", "none")
    hook = "state_protection.hook"
    if driver == "vip":
        if not policy.has_block(hook) and not policy.is_broken(hook):
            yield hook, "it is missing"
        return
    for key in ("claim_path", "claim_command"):
        if f"{hook}.{key}" in policy.values:
            yield f"{hook}.{key}", f"service_address.driver is {driver}"


def router_given(policy: facts.Facts) -> conditions.Found:
    driver = policy.values.get("service_address.driver", "none")
    field = "service_address.router"
    given = field in policy.values
    if driver == "ecmp" and not given and field not in policy.broken:
        yield field, "found none"
    elif driver != "ecmp" and given:
        yield field, f"service_address.driver is {driver}"


def no_address(policy: facts.Facts) -> conditions.Found:
    driver = policy.values.get("service_address.driver", "none")
    spec = policy.spec
    alone = spec is not None and not spec.replicated
    if alone and driver != "none":
        yield "service_address.driver", f"found {driver}"


def needs_probe(policy: facts.Facts) -> conditions.Found:
    if (
        _replicated(policy)
        and not policy.probes
        and "probes" not in policy.broken
    ):
        yield "probes", "a member that nobody asks cannot be failed over"


def replica_words(policy: facts.Facts) -> conditions.Found:
    spec = policy.spec
    if spec is not None and not spec.waits:
        yield from _other_mechanism(policy, spec, "standby", "failback")


def replica_limits(policy: facts.Facts) -> conditions.Found:
    spec = policy.spec
    if spec is not None and not spec.spreads:
        yield from _other_mechanism(
            policy, spec, "min_replicas", "max_replicas"
        )


def _other_mechanism(
    policy: facts.Facts, spec: mechanisms.Spec, *given: str
) -> conditions.Found:
    """Name the fields that are given, but are of another mechanism."""
    for field in given:
        if field in policy.values:
            yield field, f"redundancy is {spec.name}"


def replica_order(policy: facts.Facts) -> conditions.Found:
    wished = policy.values.get("num_backups")
    if policy.spec is None or not policy.spec.spreads or not wished:
        return
    least = policy.values.get("min_replicas", wished)
    most = policy.values.get("max_replicas", wished)
    if least > wished:
        yield "min_replicas", f"found {least}, num_backups is {wished}"
    if most < wished:
        yield "max_replicas", f"found {most}, num_backups is {wished}"


def cold_standby(policy: facts.Facts) -> conditions.Found:
    spec, kind = policy.spec, policy.values.get("standby", "warm")
    if spec is not None and spec.waits and kind not in spec.standbys:
        yield "standby", f"redundancy is {spec.name}"


def no_snapshot(policy: facts.Facts) -> conditions.Found:
    spec = policy.spec
    method = policy.values.get("state_protection.method", "none")
    if spec is None or method in spec.methods:
        return
    why = "a snapshot cannot feed a running member"
    yield "state_protection.method", f"{why}, found {method}"


def refreshed(policy: facts.Facts) -> conditions.Found:
    spec, field = policy.spec, "refresh_interval"
    method = policy.values.get("state_protection.method", "none")
    if spec is None or field not in policy.values:
        return
    if not spec.waits or spec.feeds:
        yield field, f"redundancy is {spec.name}"
    elif (
        method not in words.SNAPSHOTS
        and "state_protection.method" not in policy.broken
    ):
        yield field, f"the method is {method}"


def failback_on_disk(policy: facts.Facts) -> conditions.Found:
    spec = policy.spec
    by_disk = policy.values.get("state_protection.method") in words.SNAPSHOTS
    asked = policy.values.get("failback") == "auto"
    if spec is not None and spec.waits and asked and by_disk:
        yield "failback", "what was written since a checkpoint would be lost"


def spread_mechanism(policy: facts.Facts) -> conditions.Found:
    spec = policy.spec
    if spec is None or spec.spreads:
        return
    if _SPREAD in policy.values:
        yield _SPREAD, f"redundancy is {spec.name}"


def spread_method(policy: facts.Facts) -> conditions.Found:
    method = policy.values.get("state_protection.method")
    spread = policy.values.get(_SPREAD)
    if spread is None or method is None:
        return
    if (spread == "none") is not (method == "none"):
        yield _SPREAD, f"found {spread}, the method is {method}"


def hook_block(policy: facts.Facts) -> conditions.Found:
    method = policy.values.get("state_protection.method")
    if method == "hook" and not policy.has_block("state_protection.hook"):
        yield "state_protection.hook", "it is missing"


def hook_method(policy: facts.Facts) -> conditions.Found:
    method = policy.values.get("state_protection.method", "hook")
    if method != "hook" and policy.has_block("state_protection.hook"):
        yield "state_protection.hook", f"the method is {method}"


def hook_transport(policy: facts.Facts) -> conditions.Found:
    for transport, keys in blocks.HOOK_ONLY.items():
        if transport != _transport(policy):
            yield from (
                (f"{_HOOK}.{key}", f"the transport is {_transport(policy)}")
                for key in keys
                if f"{_HOOK}.{key}" in policy.values
            )


def hook_whole(policy: facts.Facts) -> conditions.Found:
    if not policy.has_block(_HOOK) or _HOOK in policy.broken:
        return
    needed = ["port"]
    if _transport(policy) == "guest_agent":
        needed = ["export_command", "import_command"]
        if policy.values.get("service_address.driver") == "vip":
            needed.append("claim_command")
    for key in needed:
        field = f"{_HOOK}.{key}"
        if field not in policy.values and not policy.is_broken(field):
            yield field, "found none"


def _transport(policy: facts.Facts) -> str:
    return str(policy.values.get(f"{_HOOK}.transport", "http"))


def hook_commands(policy: facts.Facts) -> conditions.Found:
    for key in blocks.HOOK_ONLY["guest_agent"]:
        field = f"{_HOOK}.{key}"
        command = policy.values.get(field, "/")
        try:
            (path, *_arguments) = shlex.split(command)
        except ValueError:
            path = ""
        if not path.startswith("/"):
            yield field, f"found {command!r}"


def hook_paths(policy: facts.Facts) -> conditions.Found:
    for key in ("export_path", "import_path", "claim_path"):
        field = f"state_protection.hook.{key}"
        path = policy.values.get(field, "/")
        if not path.startswith("/") or " " in path:
            yield field, f"found {path!r}"


def hook_token(policy: facts.Facts) -> conditions.Found:
    field = "state_protection.hook.token"
    if field in policy.values and not _SECRET.fullmatch(policy.values[field]):
        # What was found is not told: it may be the secret itself.
        yield field, "what was given is no such name"


def hook_interval(policy: facts.Facts) -> conditions.Found:
    if policy.values.get("state_protection.method") != "hook":
        return
    for field in ("state_protection.interval", "cooldown"):
        seconds = policy.values.get(field, _MIN_INTERVAL)
        if seconds < _MIN_INTERVAL:
            yield field, f"found {durations.render(seconds)}"
