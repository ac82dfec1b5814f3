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

"""Build the guest image that stands for a VNF."""

import hashlib
import pathlib

from tc import proc
from tc import settings

BUILD = settings.TOOL / "guest" / "build.sh"


def digest() -> str:
    """Return what identifies the sources of the image."""
    found = hashlib.sha256()
    for path in sorted(BUILD.parent.rglob("*")):
        if path.is_file():
            found.update(path.read_bytes())
    return found.hexdigest()


def is_current(out: pathlib.Path) -> bool:
    """Tell whether the image was built from today's sources."""
    mark = out.with_suffix(".digest")
    return out.exists() and mark.exists() and mark.read_text() == digest()


def build(out: pathlib.Path) -> None:
    """Build the image; an interrupted build leaves no half image."""
    out.parent.mkdir(parents=True, exist_ok=True)
    new = out.with_suffix(".new")
    log = settings.LOG / "guest.log"
    work = settings.STATE / "guest-build"
    proc.run(["bash", str(BUILD), str(work), str(new)], log)
    new.rename(out)
    out.with_suffix(".digest").write_text(digest())
