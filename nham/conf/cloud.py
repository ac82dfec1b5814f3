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


"""[cloud]: the OpenStack that the VNFs run in.

Credentials come from ``clouds.yaml`` (``cloud``) or from the options of
keystoneauth (``auth_type`` and what that plugin needs), not from both.
"""

from __future__ import annotations

from keystoneauth1 import loading
from oslo_config import cfg

GROUP = cfg.OptGroup("cloud", title="The OpenStack that the VNFs run in")

_OWN = [
    cfg.StrOpt(
        "cloud",
        help="Name of the cloud in clouds.yaml whose credentials NHAM uses; "
        "empty: the options auth_type, auth_url and so on of this section.",
    ),
    cfg.StrOpt(
        "region_name",
        help="Region of the cloud; empty: its only one. With cloud set, "
        "clouds.yaml says it.",
    ),
    cfg.StrOpt(
        "interface",
        default="internal",
        choices=[
            ("public", "The endpoints for everybody."),
            ("internal", "The endpoints inside the cloud's own network."),
            ("admin", "The endpoints for administrators."),
        ],
        help="Which endpoints of the catalogue NHAM uses. With cloud set, "
        "clouds.yaml says it.",
    ),
    cfg.FloatOpt(
        "read_timeout",
        default=20.0,
        min=1.0,
        max=300.0,
        help="Seconds until a service of the cloud that gives no answer "
        "counts as not reachable.",
    ),
]

# keystoneauth's own "timeout" is left out: read_timeout replaces it.
_SESSION = [
    option
    for option in loading.get_session_conf_options()
    if option.dest in ("cafile", "certfile", "keyfile", "insecure")
]

OPTS = [*_OWN, *_SESSION, *loading.get_auth_common_conf_options()]
