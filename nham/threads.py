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

"""NHAM runs on native threads: eventlet stays out of its processes.

oslo.messaging depends on oslo.service, which still installs eventlet and
would choose it by default, and futurist imports eventlet wherever it is
installed. Nothing of ours needs it, and a process that holds it may be
patched by accident.
"""

from __future__ import annotations

import sys
from types import ModuleType
from typing import cast


def use_native() -> None:
    """Have this process run on native threads; later calls do nothing.

    Call it before oslo.messaging or oslo.service is imported. Libraries
    take the failing import of eventlet for "not installed".
    """
    if "eventlet" not in sys.modules:
        sys.modules["eventlet"] = cast(ModuleType, None)
    from oslo_service import backend

    if backend.get_backend_type() is None:
        backend.init_backend(backend.BackendType.THREADING)
