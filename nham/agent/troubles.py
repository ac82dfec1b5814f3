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

"""What an agent counts of what goes wrong."""

from __future__ import annotations

import enum


class Trouble(enum.StrEnum):
    """Something that an operator may want to look at."""

    HYPERVISOR_LOST = "hypervisor-lost"
    HYPERVISOR_SILENT = "hypervisor-silent"
    ENGINE_SILENT = "engine-silent"
    WATCHDOG = "watchdog"
    PROMISE = "promise"
    WORDS_LOST = "words-lost"


MEANINGS: dict[Trouble, str] = {
    Trouble.HYPERVISOR_LOST: "The connection to the hypervisor has ended, "
    "or could not be had.",
    Trouble.HYPERVISOR_SILENT: "The hypervisor has not answered for a while.",
    Trouble.ENGINE_SILENT: "An engine that was heard has not been heard for "
    "a while.",
    Trouble.WATCHDOG: "The watchdog could not be petted.",
    Trouble.PROMISE: "What an engine was to be promised could not be "
    "written to the disk, so it was not promised.",
    Trouble.WORDS_LOST: "An event or a result was given up: the engine did "
    "not acknowledge it.",
}
