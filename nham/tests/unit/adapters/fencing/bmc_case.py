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

"""Scripted BMCs, and the file that tells of them."""

from __future__ import annotations

from pathlib import Path

ONE = """
one:
  address: {address}
  username: nham
  password: hidden-word
"""


def write(folder: Path, text: str, mode: int = 0o600) -> str:
    """Write a file of machines; return its path."""
    path = folder / "machines.yaml"
    path.write_text(text)
    path.chmod(mode)
    return str(path)


class Bmc:
    """A BMC that does as it is told, and as it is scripted.

    :ivar says: what it says next, instead of the truth; an error is raised.
    """

    def __init__(self) -> None:
        self.state = "On"
        self.says: list[str | Exception] = []
        self.failure: Exception | None = None
        self.pressed = 0

    def power(self) -> str:
        """Return the power state."""
        said = self.says.pop(0) if self.says else self.state
        if isinstance(said, Exception):
            raise said
        return said

    def force_off(self) -> None:
        """Switch it off."""
        self.pressed += 1
        if self.failure is not None:
            raise self.failure
        self.state = "Off"
