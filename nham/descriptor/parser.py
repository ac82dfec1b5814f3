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

"""tosca-parser, the only module that knows it.

Its traps, all seen with release 2.15: errors are collected in one list per
process, so two threads spoil each other's; an import is looked up in the
working directory of the process before that of the importing file, and
addresses are downloaded; an import loop never ends; zip files are left
unpacked in temporary directories. Therefore one lock, and a directory of
our own in which every import is an absolute path to a file that is there.
"""

from __future__ import annotations

import logging
import os
import tempfile
import threading
from typing import Any

from toscaparser.common import exception
from toscaparser.tosca_template import ToscaTemplate
import yaml

_LOCK = threading.Lock()
_DUMPER: Any = getattr(yaml, "CSafeDumper", yaml.SafeDumper)

# What it logs as an error it also raises, and the rest is about the names
# of files in our directory.
for _name in ("tosca", "toscaparser"):
    logging.getLogger(_name).setLevel(logging.CRITICAL)


def refusals(templates: dict[str, Any], entry: str) -> list[str]:
    """Return what tosca-parser has against a set of templates.

    :param templates: data of each file by name, the imported before the
        importing. Imports are made from this order, not from the data.
    :param entry: name of the file to begin with.
    """
    with tempfile.TemporaryDirectory(prefix="nham-descriptor-") as folder:
        paths = {
            name: os.path.join(folder, f"{index}.yaml")
            for index, name in enumerate(templates)
        }
        for name, data in templates.items():
            body = {
                key: value for key, value in data.items() if key != "imports"
            }
            if name == entry and len(templates) > 1:
                # One flat list: types are global to the parser anyway, and
                # it would read a file again for each import of it.
                body["imports"] = [
                    path for other, path in paths.items() if other != entry
                ]
            with open(paths[name], "w", encoding="utf-8") as stream:
                yaml.dump(body, stream, Dumper=_DUMPER, allow_unicode=True)
        with _LOCK:
            found = _run(paths[entry])
    for name, path in paths.items():
        found = [text.replace(path, name) for text in found]
    return found


def _run(path: str) -> list[str]:
    try:
        ToscaTemplate(path, None, True)
    except exception.ValidationError:
        return _collected()
    except Exception as error:
        # It fails with whatever a wrong shape happens to raise: KeyError,
        # AttributeError, TypeError, RecursionError.
        return _collected() or [
            f"has a part of the wrong form "
            f"(tosca-parser: {type(error).__name__}: {error})"
        ]
    finally:
        exception.ExceptionCollector.stop()
        exception.ExceptionCollector.clear()
    return []


def _collected() -> list[str]:
    return [
        str(error) for error in exception.ExceptionCollector.getExceptions()
    ]
