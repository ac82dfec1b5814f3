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

"""How Sphinx builds the documentation."""

project = "NHAM"
author = "NHAM developers"
project_copyright = "NHAM developers"

extensions = [
    "openstackdocstheme",
    "oslo_config.sphinxconfiggen",
    "oslo_policy.sphinxpolicygen",
]

html_theme = "openstackdocs"
pygments_style = "native"
openstackdocs_auto_name = False
openstackdocs_use_storyboard = False

config_generator_config_file = "../../etc/nham/nham-config-generator.conf"
sample_config_basename = "_static/nham"
policy_generator_config_file = "../../etc/nham/nham-policy-generator.conf"
sample_policy_basename = "_static/nham"
