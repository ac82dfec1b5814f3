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

"""Reading whole descriptors: what is found and what is refused, where."""

import concurrent.futures
import os
import tempfile
from unittest import mock

import yaml

from nham.core import descriptor
from nham.descriptor import errors
from nham.descriptor import files
from nham.descriptor import parser
from nham.descriptor import reader
from nham.tests import base
from nham.tests.unit.descriptor import samples

_HEAD = "tosca_definitions_version: tosca_simple_yaml_1_2\n"


class ReaderCase(base.TestCase):
    def problems(self, source: bytes | str) -> list[str]:
        """Return the lines of what is wrong with a descriptor."""
        error = self.assertRaises(errors.DescriptorError, reader.read, source)
        return str(error).splitlines()


class TestRight(ReaderCase):
    def test_a_package(self) -> None:
        found = reader.read(samples.zipped(samples.package()))
        self.assertEqual("0b0a3a50-6f4e-4d5c-9d76-2f3c3ad0c0de", found.vnfd_id)
        self.assertEqual("Example", found.provider)
        self.assertEqual("Firewall", found.product)
        vdu1, vdu2 = found.vdus["VDU1"], found.vdus["VDU2"]
        self.assertFalse(vdu1.volume_backed)
        self.assertEqual("firewall-image", vdu1.image)
        self.assertEqual(2, vdu1.instances)
        self.assertTrue(vdu2.volume_backed)
        self.assertEqual("database-image", vdu2.image)
        self.assertEqual(("VDU2-data",), vdu2.data_volumes)
        whole, single = found.policies
        self.assertTrue(whole.whole_vnf)
        self.assertEqual(0.25, whole.detection.poll_interval)
        self.assertEqual("mgmt", whole.probes[0].network)
        self.assertEqual(300.0, single.state_protection.interval)
        self.assertEqual(single, descriptor.policy_for("VDU2", found.policies))
        self.assertEqual(["simple"], [item.id for item in found.flavours])
        self.assertEqual(found.policies, found.flavour("simple").policies)
        self.assertRaises(KeyError, found.flavour, "other")
        self.assertIn("VDU2-data of VDU2 is not saved", str(found.warnings[0]))

    def test_a_directory_a_zip_and_a_file_say_the_same(self) -> None:
        root = self.temp_dir()
        samples.unpack(samples.package(), root)
        archive = root / "package.csar"
        archive.write_bytes(samples.zipped(samples.package()))
        wanted = reader.read(archive.read_bytes())
        for source in (
            root,
            archive,
            str(archive),
            root / "Definitions",
            root / "Definitions" / "top.vnfd.yaml",
        ):
            found = reader.read(source)
            self.assertEqual(wanted.policies, found.policies)
            self.assertEqual(wanted.vdus, found.vdus)
        self.assertEqual(wanted.digest, reader.read(root).digest)

    def test_a_zip_as_tacker_gives_it_out(self) -> None:
        """Tacker answers with its own dump of the files, without comments."""
        texts = {
            name: (
                yaml.dump(yaml.safe_load(text))
                if name.endswith(".yaml")
                else text
            )
            for name, text in samples.package().items()
        }
        found = reader.read(samples.zipped(texts))
        self.assertEqual(2, len(found.policies))

    def test_without_metadata_the_entry_is_what_nobody_imports(self) -> None:
        texts = {
            name.removeprefix("Definitions/"): text
            for name, text in samples.package().items()
            if name.startswith("Definitions/")
        }
        self.assertEqual(2, len(reader.read(samples.zipped(texts)).policies))

    def test_a_descriptor_by_hand(self) -> None:
        for source in (
            samples.FIXTURES / "plain.yaml",
            (samples.FIXTURES / "plain.yaml").read_bytes(),
        ):
            found = reader.read(source)
            self.assertIsNone(found.vnfd_id)
            self.assertEqual(["router"], list(found.vdus))
            self.assertEqual((), found.warnings)

    def test_a_vdu_without_a_policy_is_told(self) -> None:
        found = reader.read(
            samples.edited("targets: [ VNF ]", "targets: [ VDU1 ]")
        )
        self.assertEqual(1, len(found.warnings))
        found = reader.read(samples.plain())
        self.assertEqual((), found.policies)
        self.assertIn("router: no resiliency policy", str(found.warnings[0]))

    def test_two_flavours(self) -> None:
        texts = samples.package()
        other = texts[samples.DF].replace(
            "flavour_id: simple", "flavour_id: large"
        )
        texts["Definitions/df_large.yaml"] = other.replace("250 ms", "500 ms")
        texts[samples.TOP] = texts[samples.TOP].replace(
            "  - df_simple.yaml", "  - df_large.yaml\n  - df_simple.yaml"
        )
        found = reader.read(samples.zipped(texts))
        self.assertEqual(
            ["large", "simple"], [item.id for item in found.flavours]
        )
        self.assertEqual(
            0.5, found.flavour("large").policies[0].detection.poll_interval
        )
        # example.VNF has `simple` as the default of its flavour_id.
        self.assertEqual(0.25, found.policies[0].detection.poll_interval)


class TestWrong(ReaderCase):
    def test_everything_is_told_at_once_with_its_line(self) -> None:
        texts = samples.package()
        texts[samples.DF] = (
            texts[samples.DF]
            .replace("redundancy: 0R", "redundancy: 2R", 1)
            .replace("max_misses: 2", "max_mises: 2")
            .replace("volume_snapshot", "image_snapshot")
            .replace("name: VDU1", "nam: VDU1")
        )
        line = samples.line_of
        found = self.problems(samples.zipped(texts))
        errors_found = sorted(
            text for text in found if ": warning: " not in text
        )
        self.assertEqual(5, len(errors_found), str(errors_found))
        for start in (
            f"{line('redundancy: 0R')}: VNF_resiliency.redundancy: must be",
            f"{line('max_misses')}: VNF_resiliency.detection.max_mises: is "
            f"unknown",
            f"{line('volume_snapshot')}: VDU2_resiliency.state_protection."
            f"method: image_snapshot needs",
            f"{line('name: VDU1')}: VDU1.properties.nam: ",
            f"{line('name: VDU1') - 1}: VDU1.properties: ",
        ):
            self.assertTrue(
                any(
                    text.startswith(f"{samples.DF}:{start}")
                    for text in errors_found
                ),
                (start, errors_found),
            )

    def test_files_that_are_missing(self) -> None:
        for name in ("sol001_subset_types.yaml", files.TYPES_FILE):
            texts = samples.package()
            del texts[f"Definitions/{name}"]
            found = self.problems(samples.zipped(texts))
            self.assertTrue(
                all(
                    f"imports: file {name} is missing" in text
                    for text in found
                    if ": warning: " not in text
                ),
                found,
            )
            self.assertTrue(found[0].startswith("Definitions/"), found)

    def test_our_types_not_imported(self) -> None:
        found = self.problems(
            samples.edited("  - nham_resiliency_types.yaml\n", "")
        )
        self.assertIn("imports must name nham_resiliency_types.yaml", found[0])

    def test_imports_of_a_wrong_form(self) -> None:
        for item, rule in (
            ("{file: a.yaml}", "must be a list of file names"),
            ("http://example.org/a.yaml", "must be a file of the package"),
            ("/etc/passwd", "must be relative to this file"),
            ("../../a.yaml", "leads out of the package"),
            ("top.vnfd.yaml", "top.vnfd.yaml imports this file"),
        ):
            found = self.problems(
                samples.edited("- example_types.yaml", f"- {item}")
            )
            self.assertIn(rule, found[0])
            self.assertTrue(
                found[0].startswith(
                    f"{samples.DF}:{samples.line_of('- example_types')}: "
                    f"imports: "
                ),
                found,
            )

    def test_forms_that_would_be_ignored(self) -> None:
        for old, new, rule in (
            ("targets: [ VNF ]", "targets: [ CP1 ]", "CP1 is a tosca.nodes"),
            ("targets: [ VNF ]", "targets: [ group1 ]", "not yet supported"),
            ("targets: [ VNF ]", "targets: [ VDU3 ]", "there is no VDU3"),
            ("targets: [ VNF ]", "targets: [ VDU2 ]", "has VNF_resiliency"),
            ("targets: [ VNF ]", "target: [ VNF ]", "target: is unknown"),
            (
                "targets: [ VDU2 ]",
                "targets: [ VDU2 ]\n        triggers: {}",
                "triggers: is unknown",
            ),
            (
                "stateful: true",
                "stateful: true\n          stateful: true",
                "stateful: is there twice",
            ),
            (
                "node_type: example.VNF",
                "node_type: other.VNF",
                "not substituted",
            ),
            (
                "nham.policies.nfv.Resiliency\n        targets: [ VNF ]",
                "nham.policies.nfv.Resilience\n        targets: [ VNF ]",
                "Resilience",
            ),
        ):
            with self.subTest(new=new):
                self.assertIn(
                    rule, str(self.problems(samples.edited(old, new)))
                )

    def test_a_type_derived_from_ours(self) -> None:
        texts = samples.package()
        texts["Definitions/example_types.yaml"] += (
            "policy_types:\n"
            "  example.Resiliency:\n"
            "    derived_from: nham.policies.nfv.Resiliency\n"
        )
        texts[samples.DF] = texts[samples.DF].replace(
            "type: nham.policies.nfv.Resiliency",
            "type: example.Resiliency",
            1,
        )
        self.assertIn(
            "VNF_resiliency.type: must be nham.policies.nfv.Resiliency itself",
            self.problems(samples.zipped(texts))[0],
        )

    def test_a_double_key_hides_no_other_mistake(self) -> None:
        texts = samples.package()
        texts[samples.DF] = (
            texts[samples.DF]
            .replace("name: VDU1", "nam: VDU1")
            .replace("targets: [ VNF ]", "targets: [ CP1 ]")
            .replace("name: VDU2", "name: VDU2\n        name: VDU2")
        )
        found = str(self.problems(samples.zipped(texts)))
        for rule in ("name: is there twice", "CP1 is a", "VDU1.properties"):
            self.assertIn(rule, found)

    def test_policies_as_a_map(self) -> None:
        text = (samples.FIXTURES / "plain.yaml").read_text()
        found = self.problems(
            text.replace("- router_resiliency", "  router_resiliency").encode()
        )
        self.assertIn("policies: must be a list of policies", found[0])

    def test_files_that_are_no_yaml(self) -> None:
        for data, rule in (
            (b"", ":1: file: is empty"),
            (b"a:\n b\n c: [", ":3: file: is not YAML"),
            (b"- 1", "must be a map"),
            (b"\xff\xfe", "is not UTF-8"),
            (b"ok: 1\n\xe9: 2", ":2: file: is not UTF-8"),
            (b"[" * 100000, "is nested deeper than 60 levels"),
            (b"a: &a [*a]", "an alias must not contain itself"),
            (b"a: 2024-99-99", "is not YAML"),
            (b"? [1]\n: 2", "is not YAML"),
            (b"a: !!python/object:os.system x", "is not YAML"),
            (b"a" * (3 * 1024 * 1024), "is longer than"),
            (b"PK\x03\x04", "is not a zip file"),
            (_HEAD.encode() + b"topology_template: 3", "wrong form"),
        ):
            with self.subTest(rule=rule):
                self.assertIn(rule, self.problems(data)[0])

    def test_a_bomb_of_aliases(self) -> None:
        lines = ["a0: &a0 [x, x, x, x, x, x, x, x]"]
        for level in range(1, 12):
            items = ", ".join([f"*a{level - 1}"] * 8)
            lines.append(f"a{level}: &a{level} [{items}]")
        found = self.problems("\n".join(lines).encode())
        self.assertIn("has more than 200000 values", found[0])

    def test_a_path_that_is_not_there(self) -> None:
        error = self.assertRaises(
            errors.NotReadableError, reader.read, "/nowhere/vnfd.yaml"
        )
        self.assertIn("No such file", str(error))


class TestSharedUse(ReaderCase):
    def test_what_was_read_is_not_parsed_again(self) -> None:
        source = samples.edited("max_misses: 2", "max_misses: 17")
        first = reader.read(source)
        with mock.patch.object(parser, "refusals", autospec=True) as refusals:
            self.assertIs(first, reader.read(source))
            bad = samples.edited("max_misses: 2", "max_misses: 0")
            self.problems(bad)
            calls = refusals.call_count
            self.problems(bad)
            self.assertEqual(calls, refusals.call_count)

    def test_no_file_is_left_behind(self) -> None:
        folder = self.temp_dir()
        with mock.patch.object(tempfile, "tempdir", str(folder)):
            reader.read(samples.edited("max_misses: 2", "max_misses: 18"))
            self.problems(samples.edited("name: VDU1", "nam: VDU1"))
        self.assertEqual([], list(folder.iterdir()))

    def test_a_file_in_the_working_directory_is_not_imported(self) -> None:
        """tosca-parser itself would take it instead of the package's."""
        folder = self.temp_dir()
        (folder / "example_types.yaml").write_text(_HEAD)
        before = os.getcwd()
        os.chdir(folder)
        self.addCleanup(os.chdir, before)
        source = samples.edited("max_misses: 2", "max_misses: 19")
        self.assertEqual(2, len(reader.read(source).policies))

    def test_eight_threads_with_good_and_bad(self) -> None:
        """tosca-parser keeps the errors of all threads in one list."""

        def good(number: int) -> int:
            text = f"max_misses: {number + 20}"
            source = samples.edited("max_misses: 2", text)
            return reader.read(source).policies[0].detection.max_misses

        def bad(number: int) -> str:
            text = f"x{number}: VDU1"
            try:
                reader.read(samples.edited("name: VDU1", text))
            except errors.DescriptorError as error:
                return str(error)
            return ""

        with concurrent.futures.ThreadPoolExecutor(8) as pool:
            goods = [pool.submit(good, number) for number in range(8)]
            bads = [pool.submit(bad, number) for number in range(8)]
        for number in range(8):
            self.assertEqual(number + 20, goods[number].result())
            text = bads[number].result()
            self.assertIn(f'"x{number}"', text)
            for other in set(range(8)) - {number}:
                self.assertNotIn(f'"x{other}"', text)
