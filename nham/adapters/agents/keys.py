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

"""Reads the keys that the engines and the agents share.

The file has one key on each line: its id, a space, and its secret as a
hexadecimal number of at least 64 digits. The first key signs, all verify.
"""

from __future__ import annotations

from nham.adapters import errors
from nham.adapters.hooks import secrets
from nham.core.agent import wire


def read(path: str) -> wire.KeyRing:
    """Return the keys of a file.

    :raises errors.Refused: it is not there, may be used by everybody, or
        is not as it should be; the error never shows a secret.
    """
    found: dict[str, str] = {}
    for number, line in enumerate(secrets.read_file(path).splitlines(), 1):
        text = line.strip()
        if not text or text.startswith("#"):
            continue
        key_id, _, secret = text.partition(" ")
        if key_id in found:
            raise errors.Refused(f"{path}:{number}: {key_id} is there twice")
        found[key_id] = secret.strip()
    try:
        return wire.keys_of(found)
    except ValueError as wrong:
        raise errors.Refused(f"{path}: {wrong}") from wrong
