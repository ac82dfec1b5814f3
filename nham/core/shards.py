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

"""Shards: which of several engines does the routine work for a VNF.

All engines watch all VNFs and decide about them, and a claim says which of
them acts: so the death of one delays no recovery. What costs other services
their time, and may wait until a dead engine's lease is over, one of them
does: to take checkpoints, to hand states around, to compare with the VNFM.
For a moment two engines may see the engines differently and both do it, or
none does; each such work can bear that.

Source: rendezvous hashing (Thaler and Ravishankar, 1998). When an engine
comes or goes, only what it has or had changes hands.
"""

from __future__ import annotations

import dataclasses
import hashlib


@dataclasses.dataclass(frozen=True)
class Shard:
    """What of the routine work is one engine's.

    :ivar engine: its id.
    :ivar others: ids of the other engines that live.
    """

    engine: str
    others: frozenset[str] = frozenset()

    def has(self, key: str) -> bool:
        """Say whether this engine does the work for a VNF.

        :param key: what all engines know the VNF by.
        """
        own = _weight(self.engine, key)
        return all(_weight(one, key) < own for one in self.others)


def _weight(engine: str, key: str) -> tuple[bytes, str]:
    """Return a number that is as good as drawn for the two."""
    drawn = hashlib.blake2b(f"{engine} {key}".encode(), digest_size=8)
    return drawn.digest(), engine
