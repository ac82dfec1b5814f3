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


"""One engine's process in the simulation: it may be killed at any moment.

What an engine reaches (the store, the cloud, the VNFM, the fencing) is
handed to it behind a ``Mortal``, so that nothing of a killed engine gets
out any more, wherever in its work it was.
"""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Collection
from typing import Any
from typing import cast
from typing import TypeVar

T = TypeVar("T")

#: Calls by which something outside is changed, or handed out.
ASKING = frozenset(
    {
        "copy_port",
        "copy_server",
        "copy_volume",
        "admit",
        "allow_address",
        "claim",
        "create_floating_ip",
        "create_image",
        "create_snapshot",
        "delete_floating_ip",
        "delete_port",
        "delete_server",
        "delete_snapshot",
        "delete_volume",
        "enable_port",
        "evacuate",
        "export_state",
        "fail_operation",
        "fence",
        "force_down",
        "give_address",
        "heal",
        "import_state",
        "forget",
        "let_go",
        "point_floating_ip",
        "withdraw",
        "put",
        "rebuild",
        "reboot",
        "reset_state",
        "retry_operation",
        "start",
        "stop",
        "tag_server",
        "take_address",
    }
)


class Crash(BaseException):
    """The engine's process is killed; no handler may stop it."""


class Process:
    """What can be killed.

    :ivar on_moment: told of each moment at which a crash is of interest:
        before and after what is written down, and after what is asked.
    """

    def __init__(self, name: str) -> None:
        self.name = name
        self.alive = True
        self.on_moment: Callable[[str], None] = _nothing

    def kill(self) -> None:
        """End it; whatever it does next raises ``Crash``."""
        self.alive = False

    def check(self) -> None:
        """Let a killed process get no further.

        :raises Crash: it was killed.
        """
        if not self.alive:
            raise Crash(self.name)

    def reach(self, moment: str) -> None:
        """Pass a moment, alive or not."""
        self.check()
        self.on_moment(moment)
        self.check()


class _Mortal:
    """Passes calls on for as long as the process lives."""

    def __init__(
        self, inner: object, process: Process, asking: Collection[str]
    ) -> None:
        self._inner = inner
        self._process = process
        self._asking = asking

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._inner, name)
        if not callable(found):
            return found
        process = self._process

        def call(*args: Any, **kwargs: Any) -> Any:
            process.check()
            try:
                result = found(*args, **kwargs)
            finally:
                # It may have been killed while the call took its time.
                process.check()
            if name in self._asking:
                process.reach(f"after {name}")
            return result

        # The next call finds it without asking again.
        self.__dict__[name] = call
        return call


def mortal(inner: T, process: Process) -> T:
    """Return what behaves like ``inner`` until the process is killed."""
    return cast(T, _Mortal(inner, process, ASKING))


def _nothing(_moment: str) -> None:
    """Stand in until somebody wants to know."""
