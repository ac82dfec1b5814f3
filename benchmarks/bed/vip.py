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

"""The port that reserves a virtual address for VNFs which claim it."""

from __future__ import annotations

from collections.abc import Iterator
import contextlib
from typing import Any

#: The address that ``1r-aa-vip.yaml`` names.
ADDRESS = "10.10.0.250"
_NAME = "nham-test-vip"


@contextlib.contextmanager
def reserved(network: Any) -> Iterator[str]:
    """Reserve the address as its operator does; yield how clients reach it.

    :param network: the network proxy of a connection.
    """
    like = network.find_network("net0")
    port = network.create_port(
        network_id=like.id,
        name=_NAME,
        fixed_ips=[{"ip_address": ADDRESS}],
    )
    try:
        outside = network.find_network("public")
        floating = network.create_ip(
            floating_network_id=outside.id, port_id=port.id
        )
        try:
            yield floating.floating_ip_address
        finally:
            network.delete_ip(floating)
    finally:
        network.delete_port(port)
