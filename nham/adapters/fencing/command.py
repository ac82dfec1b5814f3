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

"""Fencing by the operator's own commands, for instance of a BMC.

A template is split into arguments once, as a shell would, and ``{host}``
inside them becomes the host's name: one argument stays one argument, and
no shell ever sees it.
"""

from __future__ import annotations

from collections.abc import Sequence
import re
import shlex
import subprocess

from nham.adapters import errors
from nham.adapters.fencing import base

HOST = re.compile(r"[A-Za-z0-9]([A-Za-z0-9._-]{0,252}[A-Za-z0-9])?")
"""What a host may be called; a leading hyphen would be an option."""


class CommandFencing(base.HostFencing):
    """Runs one command to switch a host off and one to look.

    :param off: template of the command that cuts a host off, for instance
        ``fence_ipmilan --ip {host}.bmc --action off``.
    :param status: template of the command that tells the power state.
    :param off_word: the word in the status command's output that says
        that the host is off, compared without regard to case.
    :param hosts: the hosts that it may fence; empty means all.
    :param timeout: seconds after which a command is killed.
    """

    name = "command"

    def __init__(
        self,
        off: str | None,
        status: str | None,
        off_word: str = "off",
        hosts: Sequence[str] = (),
        timeout: float = 20.0,
    ) -> None:
        self._off = _template(off)
        self._status = _template(status)
        self._word = re.compile(rf"(?<!\w){re.escape(off_word)}(?!\w)", re.I)
        self._off_word = off_word
        self._hosts = frozenset(hosts)
        self._timeout = timeout

    def can_fence(self, host: str) -> bool:
        """See base class."""
        if HOST.fullmatch(host) is None:
            return False
        return not self._hosts or host in self._hosts

    def fence(self, host: str) -> None:
        """See base class.

        :raises errors.Refused: it may not fence this host.
        :raises errors.Unavailable: the command failed or took too long.
        """
        if not self.can_fence(host):
            raise errors.Refused(f"{host!r} is not a host that it may fence")
        result = self._run(self._off, host)
        if result.returncode != 0:
            raise errors.Unavailable(
                f"{self._off[0]} ended with {result.returncode}: "
                f"{(result.stderr or result.stdout).strip()[:300]}"
            )

    def trouble(self, host: str) -> str:
        """See base class."""
        if not self.can_fence(host):
            return f"{host!r} is not a host that it may fence"
        try:
            result = self._run(self._status, host)
        except errors.Unavailable as failure:
            return str(failure)
        if result.returncode != 0:
            said = (result.stderr or result.stdout).strip()[:300]
            return f"{self._status[0]} ended with {result.returncode}: {said}"
        return ""

    def proof(self, host: str) -> str | None:
        """See base class.

        Anything but success with the off word is no proof, a command
        that cannot be run least of all.
        """
        if not self.can_fence(host):
            return None
        try:
            result = self._run(self._status, host)
        except errors.Unavailable:
            return None
        if result.returncode != 0 or not self._word.search(result.stdout):
            return None
        return f"{self._status[0]} says of {host}: {self._off_word}"

    def _run(
        self, template: Sequence[str], host: str
    ) -> subprocess.CompletedProcess[str]:
        argv = [part.replace("{host}", host) for part in template]
        try:
            return subprocess.run(
                argv,
                stdin=subprocess.DEVNULL,
                capture_output=True,
                encoding="utf-8",
                errors="replace",
                timeout=self._timeout,
                check=False,
            )
        except (OSError, subprocess.TimeoutExpired) as failure:
            raise errors.Unavailable(f"{argv[0]}: {failure}") from failure


def _template(text: str | None) -> tuple[str, ...]:
    """Split a template.

    :raises ValueError: it is empty, is not well quoted, or does not name
        the host: the same command for all hosts would fence a wrong one.
    """
    # A template that was not set: shlex would read standard input.
    parts = tuple(shlex.split(text or ""))
    if not any("{host}" in part for part in parts):
        raise ValueError(f"command without {{host}}: {text!r}")
    return parts
