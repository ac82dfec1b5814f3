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

"""What the death of a guest's process means: a crash, or an orderly end.

Two witnesses see it. The kernel tells at once that the process is gone, and
newer ones how. The hypervisor tells why, but late: libvirt takes up to a
quarter of a second, for an end that it was asked for too [measured, libvirt
9.0.0], and says nothing while it hangs. What comes first decides if it is
enough; what comes later may correct it.
"""

from __future__ import annotations

import dataclasses
import enum

from nham.core.agent import messages


class Exit(enum.StrEnum):
    """How the kernel says that a process ended."""

    UNKNOWN = "unknown"
    CLEAN = "clean"
    ERROR = "error"
    SIGNAL = "signal"


class Word(enum.StrEnum):
    """What the hypervisor says of a guest's end."""

    NONE = "none"
    LEAVING = "leaving"
    ENDED = "ended"
    CRASHED = "crashed"


MEANINGS: dict[type[enum.StrEnum], dict[enum.StrEnum, str]] = {
    Exit: {
        Exit.UNKNOWN: "It is gone; the kernel does not tell how.",
        Exit.CLEAN: "It ended itself with code 0.",
        Exit.ERROR: "It ended itself with another code.",
        Exit.SIGNAL: "A signal ended it.",
    },
    Word: {
        Word.NONE: "Nothing yet, or nothing that tells a reason.",
        Word.LEAVING: "The guest powers off, or QEMU was told to end.",
        Word.ENDED: "It was shut down, destroyed, saved or migrated away.",
        Word.CRASHED: "Its process left without a word.",
    },
}


@dataclasses.dataclass(frozen=True)
class Line:
    """One line of the table; a part that is None stands for any.

    :ivar what: the judgement; None: wait for more.
    """

    why: str
    what: messages.Happening | None
    ours: bool | None = None
    word: Word | None = None
    end: Exit | None = None
    waited: bool | None = None

    def fits(self, ours: bool, word: Word, end: Exit, waited: bool) -> bool:
        """Say whether the line is about this."""
        pairs = (
            (self.ours, ours),
            (self.word, word),
            (self.end, end),
            (self.waited, waited),
        )
        return all(wanted in (None, found) for wanted, found in pairs)


_CRASHED = messages.Happening.CRASHED
_STOPPED = messages.Happening.STOPPED

#: The first line that fits counts.
TABLE = (
    Line("This agent has ended it.", _STOPPED, ours=True),
    Line(
        "The hypervisor says that it was asked for: libvirt, "
        "virDomainEventStoppedDetailType.",
        _STOPPED,
        word=Word.ENDED,
    ),
    Line(
        "The hypervisor lost it: libvirt says FAILED of a QEMU that closed "
        "its monitor without a word.",
        _CRASHED,
        word=Word.CRASHED,
    ),
    Line(
        "It was about to end when it did: libvirt, VIR_DOMAIN_EVENT_SHUTDOWN.",
        _STOPPED,
        word=Word.LEAVING,
    ),
    Line(
        "QEMU takes SIGTERM as a wish and ends with code 0, so a signal "
        "means a crash, or SIGKILL; libvirt sends that to a QEMU that has "
        "not heeded SIGTERM for ten seconds, and says so afterwards.",
        _CRASHED,
        end=Exit.SIGNAL,
    ),
    Line("QEMU gave up by itself.", _CRASHED, end=Exit.ERROR),
    Line(
        "QEMU was asked to end, by SIGTERM, and the hypervisor does not say "
        "by whom.",
        _STOPPED,
        end=Exit.CLEAN,
        waited=True,
    ),
    Line(
        "Nobody could tell in time: a crash that was none costs a look at "
        "Nova, a crash that is missed an outage.",
        _CRASHED,
        end=Exit.UNKNOWN,
        waited=True,
    ),
    Line("The hypervisor is about to tell.", None),
)


def judge(
    ours: bool, word: Word, end: Exit, waited: bool
) -> messages.Happening | None:
    """Return what a death means; None: it is too early to say.

    :param waited: the time in which the hypervisor tells is over.
    """
    for line in TABLE:
        if line.fits(ours, word, end, waited):
            return line.what
    raise AssertionError("the last line fits all")
