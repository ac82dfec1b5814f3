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

"""Policies with one replica that break a rule, for the tests of the rules."""

from typing import Any

from nham.tests.unit.core import descriptor_samples as samples

HOOK = {"method": "hook", "hook": {"port": 8081}}
#: The least that a policy with a standby says.
STANDBY = {
    "redundancy": "1R-AS",
    "service_address": {"driver": "floating_ip"},
    "probes": [{"type": "tcp", "port": 80}],
}


#: An address that the guest claims.
VIP = {"driver": "vip", "address": "10.0.0.50"}


#: The least that a policy says whose members all serve.
SPREAD = {
    "redundancy": "MR-AA",
    "num_backups": 2,
    "service_address": {"driver": "octavia", "pool": "calls", "port": 80},
    "probes": [{"type": "tcp", "port": 80}],
}


#: How a router is told to spread the service.
ECMP = {"driver": "ecmp", "router": "edge", "address": "203.0.113.9"}


def stateful(**hook: Any) -> dict[str, Any]:
    """Return a policy with a standby that a hook feeds."""
    return {
        **STANDBY,
        "stateful": True,
        "state_protection": {
            "method": "hook",
            "hook": {"port": 8081, **hook},
        },
    }


def protected(**protection: Any) -> dict[str, Any]:
    """Return the same with another state protection."""
    return {**stateful(), "state_protection": protection}


def in_guest(**hook: Any) -> dict[str, Any]:
    """Return a state protection by commands in the guest."""
    return {
        "method": "hook",
        "hook": {
            "transport": "guest_agent",
            "export_command": "/usr/bin/nham-export --all",
            "import_command": "/usr/bin/nham-import",
            **hook,
        },
    }


def _without(key: str) -> dict[str, Any]:
    return {name: value for name, value in STANDBY.items() if name != key}


def spread_out(spread: str, **protection: Any) -> dict[str, Any]:
    """Return a policy whose members all serve, and where their state goes."""
    return {
        **SPREAD,
        "stateful": protection["method"] != "none",
        "state_protection": {**protection, "spread": spread},
    }


_METHOD = "state_protection.method"
_SPREAD = "state_protection.spread"
_HOOK = "state_protection.hook"
_REFRESH = "refresh_interval"

#: For each rule: a policy that breaks it, and the fields that are named.
BROKEN: dict[str, list[tuple[list[str], dict[str, Any], list[str]]]] = {
    "all mechanisms but 0R need a service_address.driver other than none": [
        (["image"], policy, ["service_address.driver"])
        for policy in (
            _without("service_address"),
            {**STANDBY, "service_address": {}},
            {
                **STANDBY,
                "redundancy": "1R-AA",
                "service_address": {"driver": "none"},
            },
        )
    ],
    "0R has no service address": [
        (
            ["image"],
            {"service_address": {"driver": "floating_ip"}},
            ["service_address.driver"],
        )
    ],
    "all mechanisms but 0R need at least one probe": [
        (["image"], _without("probes"), ["probes"])
    ],
    "probe_from: port needs at least one probe": [
        (
            ["image"],
            {"detection": {"probe_from": "port"}},
            ["detection.probe_from"],
        )
    ],
    "min_replicas and max_replicas are only for MR-AA": [
        (["image"], {"min_replicas": 1}, ["min_replicas"]),
        (["image"], {**STANDBY, "max_replicas": 1}, ["max_replicas"]),
    ],
    "min_replicas <= num_backups <= max_replicas": [
        (["image"], {**SPREAD, "min_replicas": 3}, ["min_replicas"]),
        (["image"], {**SPREAD, "max_replicas": 1}, ["max_replicas"]),
        (
            ["image"],
            {**SPREAD, "min_replicas": 4, "max_replicas": 1},
            ["min_replicas", "max_replicas"],
        ),
    ],
    "standby and failback are only for 1R-AS and 1R-AA": [
        (["image"], {"standby": "warm"}, ["standby"]),
        (["image"], {"failback": "never"}, ["failback"]),
        (
            ["image"],
            {**SPREAD, "standby": "warm"},
            ["standby"],
        ),
    ],
    "1R-AA and MR-AA save state by the method hook alone, 1R-AS by a "
    "snapshot, too": [
        (
            ["image"],
            {**protected(**samples.SNAPSHOT), "redundancy": "1R-AA"},
            [_METHOD],
        ),
        (
            ["image"],
            {
                **SPREAD,
                "stateful": True,
                "state_protection": samples.SNAPSHOT,
            },
            [_METHOD],
        ),
        (
            ["volume"],
            {**protected(method="volume_snapshot"), "redundancy": "1R-AA"},
            [_METHOD],
        ),
    ],
    "refresh_interval is only for 1R-AS with a snapshot method": [
        (["image"], {**policy, "refresh_interval": "5 m"}, [_REFRESH])
        for policy in (
            {},
            {"stateful": True, "state_protection": samples.SNAPSHOT},
            STANDBY,
            stateful(),
            {**stateful(), "redundancy": "1R-AA"},
            SPREAD,
        )
    ],
    "failback: auto is not for a snapshot method": [
        (
            [boots],
            {**protected(method=f"{boots}_snapshot"), "failback": "auto"},
            ["failback"],
        )
        for boots in ("image", "volume")
    ],
    "state_protection.spread is only for MR-AA": [
        (["image"], protected(**HOOK, spread=spread), [_SPREAD])
        for spread in ("leader", "merge")
    ],
    "spread is none if the method is none, else leader or merge": [
        (["image"], spread_out("none", **HOOK), [_SPREAD]),
        (["image"], spread_out("leader", method="none"), [_SPREAD]),
        (["image"], spread_out("merge", method="none"), [_SPREAD]),
    ],
    "the method hook needs the block state_protection.hook": [
        (["image"], protected(method="hook"), [_HOOK])
    ],
    "the block state_protection.hook needs the method hook": [
        (
            ["image"],
            {
                "stateful": True,
                "state_protection": {**HOOK, **samples.SNAPSHOT},
            },
            [_HOOK],
        ),
        (
            ["image"],
            {
                **STANDBY,
                "state_protection": {**HOOK, "method": "none"},
            },
            [_HOOK],
        ),
    ],
    "the paths of a hook start with / and have no spaces": [
        (
            ["image"],
            {
                **stateful(
                    export_path="state", import_path="/a b", claim_path="c"
                ),
                "service_address": VIP,
            },
            [
                f"{_HOOK}.export_path",
                f"{_HOOK}.import_path",
                f"{_HOOK}.claim_path",
            ],
        )
    ],
    "the token of a hook is the name of a secret: letters, digits, _, - and "
    "., not beginning with .": [
        (["image"], stateful(token=token), [f"{_HOOK}.token"])
        for token in (".hidden", "a/b", "..", "two words", "a\u0661")
    ],
    "the interval of a hook must be at least 0.2 s": [
        (
            ["image"],
            protected(**HOOK, interval="199 ms"),
            ["state_protection.interval"],
        ),
        (["image"], {**stateful(), "cooldown": "100 ms"}, ["cooldown"]),
    ],
    "MR-AA has a service_address.driver that spreads the service: octavia or "
    "ecmp; the others have one that does not": [
        (
            ["image"],
            {**SPREAD, "service_address": {"driver": "floating_ip"}},
            ["service_address.driver"],
        ),
        (
            ["image"],
            {**STANDBY, "service_address": SPREAD["service_address"]},
            ["service_address.driver"],
        ),
    ],
    "the driver octavia, and it alone, has service_address.pool and port": [
        (
            ["image"],
            {**SPREAD, "service_address": {"driver": "octavia"}},
            ["service_address.pool", "service_address.port"],
        ),
        (
            ["image"],
            {
                **STANDBY,
                "service_address": {"driver": "floating_ip", "pool": "calls"},
            },
            ["service_address.pool"],
        ),
    ],
    "the driver ecmp, and it alone, has service_address.router": [
        (
            ["image"],
            {
                **SPREAD,
                "service_address": {"driver": "ecmp", "address": "10.9.9.9"},
            },
            ["service_address.router"],
        ),
        (
            ["image"],
            {
                **STANDBY,
                "service_address": {"driver": "floating_ip", "router": "edge"},
            },
            ["service_address.router"],
        ),
    ],
    "the drivers fixed_ip, vip and ecmp, and they alone, have "
    "service_address.address, an IPv4 address": [
        (
            ["image"],
            {
                **SPREAD,
                "service_address": {**ECMP, "address": "203.0.113.0/24"},
            },
            ["service_address.address"],
        ),
        *(
            (
                ["image"],
                {**stateful(), "service_address": address},
                ["service_address.address"],
            )
            for address in (
                {"driver": "fixed_ip"},
                {"driver": "vip"},
                {"driver": "floating_ip", "address": "10.0.0.50"},
                {"driver": "fixed_ip", "address": "10.0.0.500"},
                {"driver": "vip", "address": "10.0.0.0/24"},
                {"driver": "vip", "address": "fd00::5"},
            )
        ),
    ],
    "the driver vip needs the block state_protection.hook, and it alone has "
    "its claim_path or claim_command": [
        (
            ["image"],
            {**STANDBY, "service_address": VIP},
            [_HOOK],
        ),
        (
            ["image"],
            stateful(claim_path="/vip"),
            [f"{_HOOK}.claim_path"],
        ),
        (
            ["image"],
            protected(**in_guest(claim_command="/bin/claim")),
            [f"{_HOOK}.claim_command"],
        ),
    ],
    "standby: cold is only for 1R-AS": [
        (
            ["image"],
            {**STANDBY, "redundancy": "1R-AA", "standby": "cold"},
            ["standby"],
        )
    ],
}

#: Properties with one mistake, and how the problem begins.
MISTAKES: tuple[tuple[Any, str], ...] = (
    ({"standby": "hot"}, "standby: must be one of warm, cold"),
    ({"failback": True}, "failback: must be one of never, auto"),
    ({"refresh_interval": "59 s"}, "refresh_interval: must be from 1 m to "),
    ({"service_address": 3}, "service_address: must be a map"),
    (
        {**STANDBY, "service_address": {"driver": "dns"}},
        "service_address.driver: must be one of none, floating_ip",
    ),
    (
        {**STANDBY, "service_address": {"drives": "vip"}},
        "service_address.drives: is unknown; known are driver",
    ),
    (protected(method="hook", hook={}), f"{_HOOK}: the method hook needs"),
    (stateful(transport="smtp"), f"{_HOOK}.transport: must be one of http, "),
    (protected(method="hook", hook=3), f"{_HOOK}: must be a map"),
    (stateful(port=0), f"{_HOOK}.port: must be an integer from 1 to 65535"),
    (stateful(quux=1), f"{_HOOK}.quux: is unknown; known are transport, "),
    (stateful(timeout="1 ms"), f"{_HOOK}.timeout: must be from 10 ms"),
    (stateful(max_size="0 B"), f"{_HOOK}.max_size: must be from 1 B to 1 GB"),
    (stateful(max_size=64), f"{_HOOK}.max_size: must be a number with a unit"),
    (stateful(token=""), f"{_HOOK}.token: must be a text"),
)
