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

"""Register the cloud itself as Tacker's default VIM, once.

Run with the Python of the virtual environment.  The VIM works with plain
member rights in the project "demo".
"""

import os

import openstack

NAME = "testcloud"


def main() -> None:
    """Register the VIM unless it is there."""
    session = openstack.connect().session
    url = f"http://{os.environ['NHAM_TESTCLOUD_HOST_IP']}:9890/v1.0/vims"
    there = session.get(url).json()["vims"]
    if any(vim["name"] == NAME for vim in there):
        return
    session.post(
        url,
        json={
            "vim": {
                "name": NAME,
                "description": "the test cloud, project demo",
                "type": "openstack",
                "auth_url": os.environ["NHAM_TESTCLOUD_AUTH_URL"],
                "auth_cred": {
                    "username": "demo",
                    "password": os.environ["NHAM_TESTCLOUD_PASSWORD"],
                    "user_domain_name": "Default",
                    "cert_verify": "False",
                },
                "vim_project": {
                    "name": "demo",
                    "project_domain_name": "Default",
                },
                "is_default": True,
            }
        },
    )


if __name__ == "__main__":
    main()
