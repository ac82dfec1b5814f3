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

"""Targets and policies for the tests of the rules."""

from typing import Any

from nham.core import descriptor

CONTEXT = descriptor.Context(
    {
        "VNF": descriptor.Target("VNF", "vnf", "example.VNF"),
        "image": descriptor.Target("image", "vdu"),
        "volume": descriptor.Target(
            "volume", "vdu", volume_backed=True, data_volumes=("data",)
        ),
        "group": descriptor.Target("group", "placement_group"),
        "port": descriptor.Target("port", "other", "example.Cp"),
    }
)
SNAPSHOT = {"method": "image_snapshot"}


def data(
    properties: Any, targets: Any = ("image",), name: str = "policy"
) -> descriptor.PolicyData:
    if isinstance(targets, tuple):
        targets = list(targets)
    if isinstance(properties, dict):
        properties = {"redundancy": "0R", **properties}
    return descriptor.PolicyData(name, targets, properties)
