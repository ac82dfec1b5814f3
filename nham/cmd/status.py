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

"""nham-status: tells whether a deployment is ready for an upgrade."""

import sys

from oslo_config import cfg
from oslo_upgradecheck import common_checks
from oslo_upgradecheck import upgradecheck


class Checks(upgradecheck.UpgradeCommands):
    """What must hold before the services are started with newer code."""

    def __init__(self, conf: cfg.ConfigOpts) -> None:
        super().__init__()
        self._upgrade_checks = (
            (
                "Policy file is YAML",
                (common_checks.check_policy_json, {"conf": conf}),
            ),
        )


def main(argv: list[str] | None = None) -> int:
    """Run ``nham-status upgrade check``; 0 good, 1 warnings, 2 failures."""
    conf = cfg.ConfigOpts()
    return upgradecheck.main(
        conf,
        project="nham",
        upgrade_command=Checks(conf),
        argv=sys.argv[1:] if argv is None else argv,
    )
