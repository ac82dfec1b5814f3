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

"""Policies that break a rule, each with what is said of it."""

from __future__ import annotations

from typing import Any

from nham.tests.unit.core import descriptor_samples as samples
from nham.tests.unit.core.descriptor import hook_examples
from nham.tests.unit.core.descriptor import replica_examples

#: For each rule: a policy that breaks it, and the fields that are named.
BROKEN: dict[str, list[tuple[list[str], dict[str, Any], list[str]]]] = {
    "a target must be the VNF node or a VDU": [
        (["port"], {}, ["targets[0]"]),
        (["image", "nobody"], {}, ["targets[1]"]),
    ],
    "a target must be named once": [(["image", "image"], {}, ["targets[1]"])],
    "0R has no backups": [(["image"], {"num_backups": 1}, ["num_backups"])],
    "1R-AS has exactly one backup": [
        (
            ["image"],
            {**replica_examples.STANDBY, "num_backups": 2},
            ["num_backups"],
        )
    ],
    "1R-AA has exactly one backup": [
        (
            ["image"],
            {
                **replica_examples.STANDBY,
                "redundancy": "1R-AA",
                "num_backups": 0,
            },
            ["num_backups"],
        )
    ],
    "MR-AA has at least one backup": [
        (
            ["image"],
            {**replica_examples.SPREAD, "num_backups": 0},
            ["num_backups"],
        )
    ],
    "min_timeout <= initial_timeout <= max_timeout": [
        (
            ["image"],
            {"detection": {"min_timeout": "6 s"}},
            ["detection.min_timeout"],
        ),
        (
            ["image"],
            {"detection": {"initial_timeout": "2 m", "max_timeout": "1 m"}},
            ["detection.max_timeout"],
        ),
    ],
    "the wished detection_time and mistake_recurrence can be met": [
        (
            ["image"],
            {"detection": {"detection_time": "200 ms"}},
            ["detection.detection_time"],
        ),
        (
            ["image"],
            {
                "detection": {
                    "detection_time": "500 ms",
                    "mistake_recurrence": "365 d",
                }
            },
            ["detection.detection_time"],
        ),
        (
            ["image"],
            {"detection": {"max_misses": 2, "mistake_recurrence": "1 d"}},
            ["detection.mistake_recurrence"],
        ),
        (
            ["image"],
            {"detection": {"poll_interval": "1 s", "detection_time": "1 s"}},
            ["detection.detection_time"],
        ),
    ],
    "initial_timeout is not longer than the wished detection_time allows": [
        (
            ["image"],
            {"detection": {"detection_time": "1 s", "initial_timeout": "2 s"}},
            ["detection.initial_timeout"],
        )
    ],
    "detection_time is within what the service availability level allows": [
        (
            ["image"],
            {"sal": 3, "detection": {"detection_time": "11 s"}},
            ["detection.detection_time"],
        )
    ],
    "escalation names zones in rising order, each once": [
        (["image"], {"escalation": ["host", "vm"]}, ["escalation[1]"]),
        (["image"], {"escalation": ["vm", "vm"]}, ["escalation[1]"]),
    ],
    "host_recovery needs the host in escalation": [
        (
            ["image"],
            {"escalation": ["vm"], "host_recovery": "replace"},
            ["host_recovery"],
        )
    ],
    "image_snapshot needs a VDU that boots from an image": [
        (
            ["volume"],
            {"stateful": True, "state_protection": samples.SNAPSHOT},
            ["state_protection.method"],
        ),
        (
            ["VNF"],
            {"stateful": True, "state_protection": samples.SNAPSHOT},
            ["state_protection.method"],
        ),
    ],
    "volume_snapshot needs a VDU that boots from a volume": [
        (
            ["image"],
            {
                "stateful": True,
                "state_protection": {"method": "volume_snapshot"},
            },
            ["state_protection.method"],
        )
    ],
    "stateful: true needs a state_protection.method other than none": [
        (["image"], {"stateful": True}, ["stateful"])
    ],
    "a state_protection.method other than none needs stateful: true": [
        (
            ["image"],
            {"state_protection": samples.SNAPSHOT},
            ["state_protection.method"],
        )
    ],
    "accept_state_loss needs stateful: true": [
        (["image"], {"accept_state_loss": value}, ["accept_state_loss"])
        for value in (True, False)
    ],
    "cooldown and state_protection.interval must be the same if both are "
    "given": [
        (
            ["image"],
            {
                "stateful": True,
                "cooldown": "20 s",
                "state_protection": {**samples.SNAPSHOT, "interval": "30 s"},
            },
            ["cooldown"],
        )
    ],
    "the interval of snapshots must be at least 10 s": [
        (
            ["image"],
            {
                "stateful": True,
                "cooldown": "250 ms",
                "state_protection": samples.SNAPSHOT,
            },
            ["cooldown"],
        ),
        (
            ["image"],
            {
                "stateful": True,
                "state_protection": {**samples.SNAPSHOT, "interval": "9.9 s"},
            },
            ["state_protection.interval"],
        ),
    ],
    "a checkpoint interval, retention, max_total or rpo needs a "
    "state_protection.method other than none": [
        (["image"], {"cooldown": "1 m"}, ["cooldown"]),
        (
            ["image"],
            {**replica_examples.STANDBY, "cooldown": "1 m"},
            ["cooldown"],
        ),
        (
            ["image"],
            {"state_protection": {"method": "none", "retention": 3}},
            ["state_protection.retention"],
        ),
        (
            ["image"],
            {"state_protection": {"method": "none", "max_total": "1 GB"}},
            ["state_protection.max_total"],
        ),
    ],
    "a probe of type tcp, http or udp needs a port, icmp has none": [
        (["image"], {"probes": [{"type": "udp"}]}, ["probes[0].port"]),
        (
            ["image"],
            {"probes": [{"type": "icmp"}, {"type": "icmp", "port": 1}]},
            ["probes[1].port"],
        ),
    ],
    "path and expect_status are only for probes of type http": [
        (
            ["image"],
            {"probes": [{"type": "tcp", "port": 1, "path": "/"}]},
            ["probes[0].path"],
        )
    ],
    "the path of a probe starts with / and has no spaces": [
        (
            ["image"],
            {"probes": [{"type": "http", "port": 1, "path": "live"}]},
            ["probes[0].path"],
        )
    ],
    "the rpo must not be shorter than the interval": [
        (
            ["image"],
            {
                "stateful": True,
                "state_protection": {**samples.SNAPSHOT, "rpo": "59 s"},
            },
            ["state_protection.rpo"],
        ),
        (
            ["image"],
            replica_examples.protected(
                **replica_examples.HOOK, interval="2 s", rpo="1 s"
            ),
            ["state_protection.rpo"],
        ),
    ],
    "a target must not be a placement group": [
        (["group"], {}, ["targets[0]"])
    ],
    "scaling_aspect must not be given": [
        (["image"], {"scaling_aspect": "more"}, ["scaling_aspect"])
    ],
    "quiesce must be false": [
        (
            ["image"],
            {
                "stateful": True,
                "state_protection": {**samples.SNAPSHOT, "quiesce": True},
            },
            ["state_protection.quiesce"],
        )
    ],
    "the mechanism can meet the service availability level": [
        (["image"], {"sal": 2}, ["sal"])
    ],
    "a failure is detected as soon as the service availability level asks": [
        (["image"], {"sal": 3, "detection": {"poll_interval": "9 s"}}, ["sal"])
    ],
    "the method saves every volume of the VDU": [
        (
            ["volume"],
            {
                "stateful": True,
                "state_protection": {"method": "volume_snapshot"},
            },
            ["state_protection.method"],
        )
    ],
    **replica_examples.BROKEN,
    **hook_examples.BROKEN,
}


#: Properties with one mistake, and how the problem begins.
MISTAKES: tuple[tuple[Any, str], ...] = (
    (3, "must be a map"),
    (None, "redundancy: is required"),
    ({"redundancy": "2R"}, "redundancy: must be one of 0R"),
    ({"redundancy": {"get_input": "x"}}, "redundancy: must be one"),
    ({"num_backups": 65}, "num_backups: must be an integer from 0"),
    ({"num_backups": True}, "num_backups: must be an integer"),
    ({"priority": "9"}, "priority: must be an integer"),
    ({"sal": 0}, "sal: must be an integer from 1 to 3"),
    ({"stateful": "yes"}, "stateful: must be true or false"),
    ({"cooldown": "250"}, "cooldown: must be a number with a unit"),
    ({"probation": "1 ms"}, "probation: must be from 1 s to 30 d"),
    ({"escalation": []}, "escalation: must be a list"),
    ({"escalation": ["site"]}, "escalation: must be a list"),
    ({"quux": 1}, "quux: is unknown; known are redundancy, "),
    ({1: 1}, "1: is unknown"),
    ({"detection": 1}, "detection: must be a map"),
    ({"detection": {"a": 1}}, "detection.a: is unknown"),
    ({"state_protection": {}}, "state_protection.method: is requi"),
    ({"probes": []}, "probes: must be a list with at least one"),
    ({"probes": [{}]}, "probes[0].type: is required"),
    ({"probes": [3]}, "probes[0]: must be a map"),
    (
        {
            "probes": [
                {
                    "type": "http",
                    "port": 1,
                    "expect_status": [300, 200],
                }
            ]
        },
        "probes[0].expect_status: must be two integers",
    ),
    *replica_examples.MISTAKES,
    (
        {"probes": [{"type": "icmp", "network": ""}]},
        "probes[0].network: must be a text",
    ),
)
