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

"""Resiliency policies of a VNF descriptor: words, defaults, rules."""

from nham.core.descriptor.addresses import DRIVERS
from nham.core.descriptor.build import build
from nham.core.descriptor.facts import Context
from nham.core.descriptor.facts import PolicyData
from nham.core.descriptor.facts import Problem
from nham.core.descriptor.facts import Target
from nham.core.descriptor.hooks import Hook
from nham.core.descriptor.model import Detection
from nham.core.descriptor.model import Escalation
from nham.core.descriptor.model import policy_for
from nham.core.descriptor.model import ProbeSpec
from nham.core.descriptor.model import ResiliencyPolicy
from nham.core.descriptor.model import ServiceAddress
from nham.core.descriptor.model import StateProtection
from nham.core.descriptor.overrides import override
from nham.core.descriptor.rules import check
from nham.core.descriptor.rules import check_together
from nham.core.descriptor.words import AddressDriver
from nham.core.descriptor.words import Failback
from nham.core.descriptor.words import HostRecovery
from nham.core.descriptor.words import Mechanism
from nham.core.descriptor.words import ProbeType
from nham.core.descriptor.words import Standby
from nham.core.descriptor.words import StateMethod
from nham.core.descriptor.words import VnfcOwner
from nham.core.descriptor.words import Zone

__all__ = (
    "AddressDriver",
    "Context",
    "DRIVERS",
    "Detection",
    "Escalation",
    "Failback",
    "Hook",
    "HostRecovery",
    "Mechanism",
    "PolicyData",
    "ProbeSpec",
    "ProbeType",
    "Problem",
    "ResiliencyPolicy",
    "ServiceAddress",
    "Standby",
    "StateMethod",
    "StateProtection",
    "Target",
    "VnfcOwner",
    "Zone",
    "build",
    "check",
    "check_together",
    "override",
    "policy_for",
)
