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

"""Packages: what is opened, and what is refused before it can do harm."""

import io
import zipfile

from nham.descriptor import errors
from nham.descriptor import files
from nham.descriptor import package
from nham.descriptor import reader
from nham.tests import base
from nham.tests.unit.descriptor import samples


class TestPackage(base.TestCase):
    def refused(self, source: bytes | str, rule: str) -> None:
        error = self.assertRaises(errors.DescriptorError, reader.read, source)
        self.assertIn(rule, str(error))

    def test_names_that_lead_out_of_a_zip(self) -> None:
        for name in (
            "../evil.yaml",
            "/evil.yaml",
            "a/../../evil.yaml",
            "..\\evil.yaml",
            "C:\\evil.yaml",
        ):
            texts = {**samples.package(), name: "a: 1"}
            self.refused(samples.zipped(texts), "leads out of the package")

    def test_a_zip_with_a_name_twice(self) -> None:
        buffer = io.BytesIO()
        with zipfile.ZipFile(buffer, "w") as archive:
            archive.writestr("a.yaml", "a: 1")
            with self.assertWarns(UserWarning):
                archive.writestr("a.yaml", "a: 2")
        self.refused(buffer.getvalue(), "twice")

    def test_a_zip_bomb_is_not_unpacked(self) -> None:
        buffer = io.BytesIO()
        with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr("vnfd.yaml", b"#" * 50 * 1024 * 1024)
        self.refused(buffer.getvalue(), "is longer than")

    def test_a_damaged_zip(self) -> None:
        buffer = io.BytesIO()
        with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr("vnfd.yaml", "a: 1\n" * 1000)
        data = bytearray(buffer.getvalue())
        data[45:60] = bytes(15)
        self.refused(bytes(data), "cannot be unpacked")

    def test_large_images_in_a_package_do_no_harm(self) -> None:
        texts = samples.package()
        texts["Files/images/disk.img"] = "\0" * 5 * 1024 * 1024
        self.assertEqual(2, len(reader.read(samples.zipped(texts)).policies))

    def test_a_link_that_leads_out_of_a_directory(self) -> None:
        root = self.temp_dir()
        outside = self.temp_dir() / "outside.yaml"
        outside.write_text("node_types: {}")
        samples.unpack(samples.package(), root)
        link = root / "Definitions" / "example_types.yaml"
        link.unlink()
        link.symlink_to(outside)
        self.refused(str(root), "leads out of the package")

    def test_metadata_without_or_with_a_wrong_entry(self) -> None:
        texts = samples.package()
        texts[package.META] = "CSAR-Version: 1.1\n"
        self.refused(samples.zipped(texts), "has no Entry-Definitions")
        texts[package.META] += "Entry-Definitions: a.yaml\n"
        self.refused(
            samples.zipped(texts),
            f"{package.META}:2: Entry-Definitions: file a.yaml is missing",
        )

    def test_several_templates_and_no_metadata(self) -> None:
        texts = dict.fromkeys(
            ("a.yaml", "b.yaml"), "topology_template: {inputs: {}}"
        )
        self.refused(samples.zipped(texts), "found a.yaml, b.yaml")
        self.refused(samples.zipped({"a.txt": ""}), "found none")

    def test_a_file_in_a_package_needs_the_types_of_the_package(self) -> None:
        root = self.temp_dir()
        texts = samples.package()
        del texts[samples.TYPES]
        samples.unpack(texts, root)
        self.refused(
            str(root / samples.TOP), f"file {files.TYPES_FILE} is missing"
        )

    def test_two_packages_with_the_same_files_have_one_digest(self) -> None:
        texts = samples.package()
        digests = {
            files.collect(samples.zipped(content)).digest
            for content in (
                texts,
                dict(reversed(texts.items())),
                {**texts, "Files/other.txt": "no part of the descriptor"},
            )
        }
        self.assertEqual(1, len(digests))
        changed = samples.edited("250 ms", "251 ms")
        self.assertNotIn(files.collect(changed).digest, digests)
