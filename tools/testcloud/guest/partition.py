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

"""Put a file system into a disk with a valid partition table.

Nova refuses a disk that only has a boot sector, so there is one partition
at 1 MiB.  Arguments: the file system's file and the disk's.
"""

import pathlib
import shutil
import struct
import sys

SECTOR = 512
START = 2048
BOOT_CODE = pathlib.Path("/usr/lib/EXTLINUX/mbr.bin")
DISK_ID = 0x4E48414D


def main(source: str, target: str) -> None:
    """Write the disk."""
    size = pathlib.Path(source).stat().st_size // SECTOR
    record = BOOT_CODE.read_bytes().ljust(440, b"\0")
    record += struct.pack("<IH", DISK_ID, 0)
    # active, Linux, and "beyond what cylinders can say"
    record += struct.pack(
        "<B3sB3sII", 0x80, b"\xfe\xff\xff", 0x83, b"\xfe\xff\xff", START, size
    )
    record += bytes(48) + b"\x55\xaa"
    with open(source, "rb") as src, open(target, "wb") as out:
        out.write(record)
        out.seek(START * SECTOR)
        shutil.copyfileobj(src, out, 1 << 20)


if __name__ == "__main__":
    main(*sys.argv[1:])
