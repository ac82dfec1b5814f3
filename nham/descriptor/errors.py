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

"""The errors of this package."""

from __future__ import annotations

from collections.abc import Iterable

from nham.core import descriptor


class DescriptorError(Exception):
    """A descriptor is wrong; `problems` has every reason that was found.

    Its text has one line `file:line: field: rule` for each of them.
    """

    def __init__(self, problems: Iterable[descriptor.Problem]) -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join(str(problem) for problem in self.problems))


class NotReadableError(DescriptorError):
    """A file or directory is not there or may not be read."""
