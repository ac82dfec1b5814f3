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


"""Secrets, from files that only NHAM may read.

A descriptor is seen by many, so it names a token and does not hold it.
"""

from __future__ import annotations

import os
import re
import stat

from nham.adapters import errors

_NAME = re.compile(r"[A-Za-z0-9_-][A-Za-z0-9_.-]*")


def read(folder: str, name: str) -> str:
    """Return what the file ``name`` in the folder holds, trimmed.

    :raises errors.Refused: the name is none, or the file is not there, is
        empty or may be used by everybody.
    """
    if _NAME.fullmatch(name) is None:
        raise errors.Refused(
            f"secret: {name!r} is not made of letters, digits, _, - and ., "
            "or begins with a dot"
        )
    return read_file(os.path.join(folder, name))


def read_file(path: str) -> str:
    """Return what a file holds that is a secret, trimmed.

    :raises errors.Refused: see ``read``.
    """
    try:
        with open(path, encoding="utf-8") as file:
            mode = os.fstat(file.fileno()).st_mode
            text = file.read().strip()
    except (OSError, UnicodeDecodeError) as failure:
        raise errors.Refused(f"secret: {path}: {failure}") from failure
    if mode & stat.S_IRWXO:
        raise errors.Refused(
            f"secret: {path}: everybody may use the file; chmod o= it"
        )
    if not text:
        raise errors.Refused(f"secret: {path}: the file is empty")
    return text
