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


"""What can go wrong with the database, in three words."""

from __future__ import annotations


class StoreError(Exception):
    """The database did not do what it was asked."""


class NotFound(StoreError):
    """There is no record with that id."""

    def __init__(self, noun: str, key: str) -> None:
        super().__init__(f"There is no {noun} {key}")
        self.noun = noun
        self.key = key


class Duplicate(StoreError):
    """A record with that id or name is there already."""


class DatabaseDown(StoreError):
    """Not reachable, overloaded, locked or without tables: ask later."""
