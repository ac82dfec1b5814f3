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

"""The VNFDs of the VNFM, each read once."""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Sequence
import logging

from nham.adapters.vnfm import base as vnfm_base
from nham.core import descriptor
from nham.descriptor import errors
from nham.descriptor import reader

LOG = logging.getLogger(__name__)

#: Reads a descriptor from the bytes of its package.
Read = Callable[[bytes], reader.Descriptor]


class Vnfds:
    """Reads VNFDs, and keeps what was read.

    The VNFD of an id never changes: the content of a package is uploaded
    once (ETSI NFV-SOL 005), and a new version has an id of its own.

    :param parse: reads a descriptor; the simulation has its own.
    """

    def __init__(self, parse: Read) -> None:
        self.parse = parse
        self._known: dict[str, reader.Descriptor] = {}

    def read(self, vnfm: vnfm_base.Vnfm, vnfd_id: str) -> reader.Descriptor:
        """Return what a VNFD says.

        :raises DescriptorError: it cannot be read.
        :raises AdapterError: the VNFM does not give it.
        """
        if vnfd_id not in self._known:
            self._known[vnfd_id] = self.parse(vnfm.vnfd(vnfd_id))
        return self._known[vnfd_id]

    def forget(self, vnfd_id: str) -> None:
        """Have a VNFD be read anew."""
        self._known.pop(vnfd_id, None)

    def policies(
        self, vnfm: vnfm_base.Vnfm, vnfd_id: str
    ) -> Sequence[descriptor.ResiliencyPolicy]:
        """Return the policies of a VNFD; none, if there is no reading it.

        :raises AdapterError: the VNFM does not give it.
        """
        try:
            return self.read(vnfm, vnfd_id).policies
        except errors.DescriptorError as error:
            LOG.warning("VNFD %s: %s", vnfd_id, error)
            return ()
