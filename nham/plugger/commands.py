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

"""Programs that the plugger runs: by argument lists, and not for ever."""

from __future__ import annotations

import subprocess

PATIENCE = 10.0
"""Seconds for one program."""


class Failed(Exception):
    """A program did not do it; the text says which, and its own words."""


def run(*words: str) -> str:
    """Run a program and return what it printed.

    :raises Failed: it ended badly, or not in time, or is not there.
    """
    try:
        done = subprocess.run(
            words,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            errors="replace",
            check=False,
            timeout=PATIENCE,
        )
    except (OSError, subprocess.TimeoutExpired) as failure:
        raise Failed(f"{words[0]}: {failure}") from failure
    if done.returncode:
        raise Failed(f"{' '.join(words)}: {done.stderr.strip()[:500]}")
    return done.stdout
