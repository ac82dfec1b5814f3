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

"""Make the typed policy of a descriptor's policy that broke no rule."""

from __future__ import annotations

import dataclasses
from typing import Any

from nham.core import mechanisms
from nham.core.descriptor import facts
from nham.core.descriptor import hooks
from nham.core.descriptor import model
from nham.core.descriptor import rules
from nham.core.descriptor import shape
from nham.core.descriptor import wishes

_Values = dict[str, Any]


def build(
    data: facts.PolicyData, context: facts.Context
) -> model.ResiliencyPolicy:
    """Return the policy with the defaults of what it does not give.

    :raises ValueError: if the policy breaks a rule.
    """
    errors = [
        str(item)
        for item in rules.check(data, context)
        if item.severity == "error"
    ]
    if errors:
        raise ValueError("; ".join(errors))
    policy, _ = shape.read(data, context)
    values = dict(policy.values)
    if "cooldown" in values:
        values.setdefault("state_protection.interval", values["cooldown"])
    top = {
        field.name: values[field.name]
        for field in dataclasses.fields(model.ResiliencyPolicy)
        if field.name in values and field.name != "escalation"
    }
    spec = mechanisms.of(values["redundancy"])
    top.setdefault("num_backups", spec.default)
    return model.ResiliencyPolicy(
        name=policy.name,
        targets=policy.targets,
        detection=model.Detection(
            **{**_block(values, "detection"), **wishes.chosen(values)}
        ),
        probes=tuple(model.ProbeSpec(**probe) for probe in policy.probes),
        state_protection=_state_protection(values),
        service_address=model.ServiceAddress(
            **_block(values, "service_address")
        ),
        escalation=_escalation(values),
        whole_vnf=_names_vnf(policy),
        given=frozenset(values),
        **top,
    )


def _names_vnf(policy: facts.Facts) -> bool:
    targets = policy.context.targets
    return any(targets[name].kind == "vnf" for name in policy.targets)


def _block(values: _Values, name: str) -> _Values:
    """Return the values that stand directly in one block."""
    keys = {path: path.rpartition(".") for path in values}
    return {
        key: values[path]
        for path, (block, _, key) in keys.items()
        if block == name
    }


def _state_protection(values: _Values) -> model.StateProtection:
    block = _block(values, "state_protection")
    # Only false passes the rules, and false is what NHAM does.
    block.pop("quiesce", None)
    if block.get("method") == "hook":
        block.setdefault("interval", model.HOOK_INTERVAL)
        block["hook"] = hooks.Hook(**_block(values, "state_protection.hook"))
    return model.StateProtection(**block)


def _escalation(values: _Values) -> model.Escalation:
    names = {
        "escalation": "ladder",
        "escalation_count": "count",
        "probation": "probation",
    }
    return model.Escalation(
        **{
            field: values[path]
            for path, field in names.items()
            if path in values
        }
    )
