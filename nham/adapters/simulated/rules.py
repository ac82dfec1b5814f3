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

"""When the simulated Nova accepts an operation."""

from __future__ import annotations

import dataclasses

from nham.adapters.simulated.records import VmState


@dataclasses.dataclass(frozen=True)
class Rule:
    """When an operation is allowed, and how it shows.

    :ivar action: its name in the action log.
    :ivar tasks: task states in which it is accepted.
    """

    action: str
    task: str
    states: frozenset[VmState]
    tasks: frozenset[str | None] = frozenset({None})


_RUNNABLE = frozenset({VmState.ACTIVE, VmState.STOPPED, VmState.ERROR})

RULES = {
    "reboot_soft": Rule("reboot", "rebooting", frozenset({VmState.ACTIVE})),
    "reboot_hard": Rule(
        "reboot",
        "rebooting_hard",
        _RUNNABLE | {VmState.PAUSED},
        frozenset({None, "rebooting", "rebooting_hard"}),
    ),
    "start": Rule("start", "powering-on", frozenset({VmState.STOPPED})),
    "stop": Rule(
        "stop", "powering-off", frozenset({VmState.ACTIVE, VmState.ERROR})
    ),
    "rebuild": Rule("rebuild", "rebuilding", _RUNNABLE),
    "evacuate": Rule("evacuate", "rebuilding", _RUNNABLE),
    "create_image": Rule(
        "createImage",
        "image_snapshot",
        frozenset({VmState.ACTIVE, VmState.STOPPED, VmState.PAUSED}),
    ),
    "pause": Rule("pause", "pausing", frozenset({VmState.ACTIVE})),
    "unpause": Rule("unpause", "unpausing", frozenset({VmState.PAUSED})),
}
"""Source: the ``check_instance_state`` marks in ``nova/compute/api.py``."""
