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

"""`nham descriptor`: validate, show and convert VNF descriptors.

Exit codes: 0 the descriptor is right, 1 it is wrong, 2 wrong usage or a
file that cannot be read.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable
import dataclasses
import json
import sys
from typing import Any

import prettytable
import yaml

from nham.core import descriptor
from nham.core import sal
from nham.descriptor import errors
from nham.descriptor import files
from nham.descriptor import reader

OK = 0
WRONG = 1
UNREADABLE = 2

_Handler = Callable[[argparse.Namespace], int]


def add_parser(subparsers: Any) -> None:
    """Add `descriptor` to the sub-commands of the `nham` command.

    Each handler is found in `func` of the parsed arguments, takes them and
    returns the exit code.
    """
    parser = subparsers.add_parser(
        "descriptor", help="validate, show and convert VNF descriptors"
    )
    commands = parser.add_subparsers(metavar="COMMAND", required=True)
    _add_command(
        commands, "validate", validate, "say what is wrong with a descriptor"
    )
    _add_command(
        commands,
        "show",
        show,
        "show each property of each policy, given or by default",
    )
    _add_command(
        commands,
        "explain",
        explain,
        "say which service availability level each policy can reach, and why",
    )
    _add_command(
        commands,
        "convert",
        convert,
        "write a descriptor in the NHAM paper's form with a policy instead",
    )
    types = commands.add_parser(
        "types", help="print the definitions file that a VNF package imports"
    )
    types.set_defaults(func=print_types)


def _add_command(
    commands: Any, name: str, handler: _Handler, summary: str
) -> None:
    parser = commands.add_parser(name, help=summary, description=summary)
    parser.add_argument(
        "source",
        metavar="FILE|DIR|CSAR",
        help="YAML file, directory of a VNF package, or CSAR zip file",
    )
    parser.add_argument(
        "-f",
        "--format",
        choices=("table", "json"),
        default="table",
        help="how to write the answer (default: table, for people)",
    )
    parser.set_defaults(func=_guarded(handler))


def _guarded(handler: _Handler) -> _Handler:
    """Turn the errors of a handler into messages and exit codes."""

    def run(args: argparse.Namespace) -> int:
        try:
            return handler(args)
        except errors.DescriptorError as error:
            if args.format == "json":
                _print_json(
                    {"valid": False, "problems": _plain(error.problems)}
                )
            else:
                print(error, file=sys.stderr)
            unreadable = isinstance(error, errors.NotReadableError)
            return UNREADABLE if unreadable else WRONG

    return run


def validate(args: argparse.Namespace) -> int:
    """Print the problems of a descriptor, and what is valid."""
    found = reader.read(args.source)
    if args.format == "json":
        _print_json(
            {
                "valid": True,
                "vnfd_id": found.vnfd_id,
                "policies": [policy.name for policy in found.policies],
                "problems": _plain(found.warnings),
            }
        )
        return OK
    for warning in found.warnings:
        print(warning, file=sys.stderr)
    names = ", ".join(policy.name for policy in found.policies) or "none"
    print(f"{args.source} is valid; resiliency policies: {names}")
    return OK


def show(args: argparse.Namespace) -> int:
    """Print the VDUs and the policies of a descriptor."""
    found = reader.read(args.source)
    if args.format == "json":
        _print_json(_described(found))
        return OK
    for warning in found.warnings:
        print(warning, file=sys.stderr)
    print(_head_table(found))
    for flavour in found.flavours:
        if len(found.flavours) > 1:
            print(f"\nFlavour {flavour.id}")
        print(f"\n{_vdu_table(flavour)}")
        for policy in flavour.policies:
            print(f"\nPolicy {policy.name} for {', '.join(policy.targets)}")
            print(_policy_table(policy))
            for trap in _traps(policy):
                print(f"Trap: {trap}")
    return OK


def explain(args: argparse.Namespace) -> int:
    """Print the level that each policy declares and the one it can reach."""
    found = reader.read(args.source)
    reaches = [
        (policy, sal.reachable(policy))
        for flavour in found.flavours
        for policy in flavour.policies
    ]
    if args.format == "json":
        _print_json(
            [
                {
                    "policy": policy.name,
                    "targets": list(policy.targets),
                    "declared": policy.sal,
                    **dataclasses.asdict(reach),
                }
                for policy, reach in reaches
            ]
        )
        return OK
    for warning in found.warnings:
        print(warning, file=sys.stderr)
    for policy, reach in reaches:
        targets = ", ".join(policy.targets)
        print(f"Policy {policy.name} for {targets}, {policy.redundancy}")
        print(f"  SAL declared: {policy.sal or 'none'}")
        print(f"  SAL reachable: {reach.says}")
    return OK


def convert(args: argparse.Namespace) -> int:
    """Print a descriptor's entry file with its policies in TOSCA form."""
    fileset = files.collect(args.source)
    if fileset.problems:
        raise errors.DescriptorError(fileset.problems)
    entry = fileset.documents[fileset.entry]
    if args.format == "json":
        _print_json(entry.data)
    elif not entry.moved:
        print(fileset.texts[fileset.entry], end="")
    else:
        print(yaml.safe_dump(entry.data, sort_keys=False), end="")
    if not entry.moved:
        print(
            f"{entry.label} has no resiliency block in the paper's form; "
            f"nothing was changed",
            file=sys.stderr,
        )
    return OK


def print_types(args: argparse.Namespace) -> int:
    """Print the definitions file."""
    print(files.types_text(), end="")
    return OK


def _table(*columns: str) -> prettytable.PrettyTable:
    table = prettytable.PrettyTable(list(columns))
    table.align = "l"
    return table


def _head_table(found: reader.Descriptor) -> prettytable.PrettyTable:
    table = _table("Field", "Value")
    table.add_row(["VNFD id", found.vnfd_id or "-"])
    table.add_row(["Provider", found.provider or "-"])
    table.add_row(["Product", found.product or "-"])
    table.add_row(["Digest", found.digest])
    return table


def _vdu_table(flavour: reader.Flavour) -> prettytable.PrettyTable:
    table = _table("VDU", "Boots from", "Image", "Instances", "Policy")
    for vdu in flavour.vdus.values():
        policy = descriptor.policy_for(vdu.name, flavour.policies)
        table.add_row(
            [
                vdu.name,
                "volume" if vdu.volume_backed else "image",
                vdu.image or "-",
                vdu.instances,
                policy.name if policy is not None else "-",
            ]
        )
    return table


def _policy_table(
    policy: descriptor.ResiliencyPolicy,
) -> prettytable.PrettyTable:
    table = _table("Property", "Value", "Origin", "Meaning")
    table.max_width["Meaning"] = 48
    table.add_rows([list(row) for row in policy.explain()])
    return table


def _traps(policy: descriptor.ResiliencyPolicy) -> tuple[str, ...]:
    return descriptor.DRIVERS[policy.service_address.driver].traps


def _described(found: reader.Descriptor) -> dict[str, Any]:
    flavours = []
    for flavour in found.flavours:
        policies = []
        for policy in flavour.policies:
            names = ("property", "value", "origin", "meaning")
            policies.append(
                {
                    "policy": policy.to_dict(),
                    "explained": [
                        dict(zip(names, row, strict=True))
                        for row in policy.explain()
                    ],
                    "traps": list(_traps(policy)),
                }
            )
        flavours.append(
            {
                "id": flavour.id,
                "vdus": _plain(flavour.vdus.values()),
                "policies": policies,
            }
        )
    return {
        "vnfd_id": found.vnfd_id,
        "provider": found.provider,
        "product": found.product,
        "digest": found.digest,
        "flavours": flavours,
        "warnings": _plain(found.warnings),
    }


def _plain(items: Any) -> list[dict[str, Any]]:
    return [dataclasses.asdict(item) for item in items]


def _print_json(data: Any) -> None:
    # A YAML file may hold dates, which JSON has no form for.
    print(json.dumps(data, indent=2, default=str))
