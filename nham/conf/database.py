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


"""[database]: where NHAM remembers."""

from __future__ import annotations

from oslo_config import cfg

GROUP = cfg.OptGroup("database", title="Where NHAM remembers")

OPTS = [
    cfg.StrOpt(
        "connection",
        default="sqlite:///$state_path/nham.sqlite",
        secret=True,
        help="SQLAlchemy URL of the database. SQLite serves one machine; "
        "engines on several machines need MariaDB "
        "(mysql+pymysql://user:password@host/nham) or PostgreSQL "
        "(postgresql+psycopg2://user:password@host/nham).",
    ),
]
