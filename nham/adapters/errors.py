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

"""What can go wrong with an outside system, in four words.

Adapters turn every library's exceptions into these, so that the layers
above decide on meaning and never on a library's class names.
"""

from __future__ import annotations


class AdapterError(Exception):
    """An outside system did not do what it was asked."""


class Unavailable(AdapterError):
    """Not reachable, overloaded or restarting: ask again later."""


class NotFound(AdapterError):
    """The thing asked for does not exist (any more)."""


class Conflict(AdapterError):
    """Not now: the thing is in a state that forbids this."""


class Refused(AdapterError):
    """Never in this way: bad request, quota, or not allowed."""
