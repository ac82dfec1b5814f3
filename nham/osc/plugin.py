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


"""What OpenStackClient asks of a plugin."""

from __future__ import annotations

import argparse
from typing import Any

from osc_lib import utils

from nham import sdk
from nham.sdk.v1 import _proxy

DEFAULT_API_VERSION = "1"
API_VERSION_OPTION = "os_nham_api_version"
API_NAME = "nham"
API_VERSIONS = {"1": "nham.sdk.v1._proxy.Proxy"}


def make_client(instance: Any) -> _proxy.Proxy:
    """Return the client for the commands."""
    return sdk.connect(instance.sdk_connection)


def build_option_parser(
    parser: argparse.ArgumentParser,
) -> argparse.ArgumentParser:
    """Add the plugin's global options."""
    parser.add_argument(
        "--os-nham-api-version",
        metavar="<nham-api-version>",
        default=utils.env("OS_NHAM_API_VERSION", default=DEFAULT_API_VERSION),
        help="NHAM API version, default="
        f"{DEFAULT_API_VERSION} (Env: OS_NHAM_API_VERSION)",
    )
    return parser
