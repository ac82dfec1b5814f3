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

"""Build VNF packages for Tacker from the files in samples/vnf."""

import dataclasses
import hashlib
import pathlib
import uuid
import zipfile

from tc import settings

SAMPLE = settings.REPO / "samples" / "vnf"
TYPES = (
    settings.REPO
    / "nham"
    / "descriptor"
    / "data"
    / "nham_resiliency_types.yaml"
)
USER_DATA = (
    "tacker/sol_refactored/infra_drivers/openstack/userdata_standard.py"
)
# Ids are made from what is in the package, below this one.
NAMESPACE = uuid.UUID("6f1d0f2e-4a57-5d0c-9d5e-4e48414d0001")
EPOCH = (2020, 1, 1, 0, 0, 0)


@dataclasses.dataclass(frozen=True)
class Built:
    """A package that was built."""

    path: pathlib.Path
    vnfd_id: str


def _user_data() -> str:
    """Return the user data class as the installed Tacker has it.

    Tacker runs the copy in the package, and it has to fit the Tacker.
    """
    found = list(settings.VENV.glob(f"lib/python*/site-packages/{USER_DATA}"))
    if not found:
        raise settings.Failure(
            'Tacker is not installed; run "testcloud install"'
        )
    return found[0].read_text()


def _read(path: pathlib.Path) -> str:
    if not path.exists():
        raise settings.Failure(f"{path} is missing")
    return path.read_text()


def _image_hash() -> str:
    if not settings.GUEST_IMAGE.exists():
        raise settings.Failure(
            'there is no guest image; run "testcloud guest build"'
        )
    return hashlib.sha256(settings.GUEST_IMAGE.read_bytes()).hexdigest()


def indent(text: str, by: int = 4) -> str:
    """Return the text moved to the right, empty lines left empty."""
    return "".join(
        f"{' ' * by}{line}\n" if line.strip() else "\n"
        for line in text.splitlines()
    )


def _flavour(variant: str, policy: pathlib.Path | None) -> str:
    """Return the deployment flavour with the resiliency policies in it."""
    text = _read(SAMPLE / "Definitions" / f"nham_sample_df_{variant}.yaml")
    policies = _read(policy or SAMPLE / "policies" / f"{variant}.yaml")
    return text.replace("# @POLICIES@\n", indent(policies))


def contents(variant: str, policy: pathlib.Path | None) -> dict[str, str]:
    """Return the package's files; name and id are still marks in them."""
    files = {
        "Definitions/nham_sample_df_simple.yaml": _flavour(variant, policy),
        "Definitions/nham_resiliency_types.yaml": _read(TYPES),
        "UserData/userdata_standard.py": _user_data(),
        "TOSCA-Metadata/TOSCA.meta": _read(
            SAMPLE / "TOSCA-Metadata/TOSCA.meta"
        ),
    }
    for name in (
        "etsi_nfv_sol001_common_types.yaml",
        "etsi_nfv_sol001_vnfd_types.yaml",
        "nham_sample_types.yaml",
        "nham_sample_top.vnfd.yaml",
    ):
        files[f"Definitions/{name}"] = _read(SAMPLE / "Definitions" / name)
    for part in ("nham_sample.yaml", "nested/VDU1.yaml"):
        files[f"BaseHOT/simple/{part}"] = _read(
            SAMPLE / "BaseHOT" / variant / part
        )
    return files


def vnfd_id(name: str, variant: str, files: dict[str, str]) -> str:
    """Return the id that just this content of a package has."""
    digest = hashlib.sha256()
    for path, text in sorted(files.items()):
        digest.update(f"{path}\0{text}\0".encode())
    return str(uuid.uuid5(NAMESPACE, f"{name}/{variant}/{digest.hexdigest()}"))


def _write(out: pathlib.Path, files: dict[str, str]) -> None:
    """Write the zip file; the same content gives the same bytes."""
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for path, text in sorted(files.items()):
            info = zipfile.ZipInfo(path, EPOCH)
            info.compress_type = zipfile.ZIP_DEFLATED
            info.external_attr = 0o644 << 16
            archive.writestr(info, text)


def build(
    variant: str,
    out: pathlib.Path,
    name: str,
    policy: pathlib.Path | None = None,
    image: str = "nham-vnf",
) -> Built:
    """Build a package and return where it is and its VNFD's id.

    :param image: name of the image in Glance, the guest image or a copy.
    """
    digest = _image_hash()
    files = {
        path: text.replace("@IMAGE_SHA256@", digest).replace("@IMAGE@", image)
        for path, text in contents(variant, policy).items()
    }
    ident = vnfd_id(name, variant, files)
    product = f"{name}-{variant}"
    files = {
        path: text.replace("@VNFD_ID@", ident).replace("@NAME@", product)
        for path, text in files.items()
    }
    out.parent.mkdir(parents=True, exist_ok=True)
    _write(out, files)
    return Built(out, ident)
