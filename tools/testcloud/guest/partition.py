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
BOOT_CODE = pathlib.Path('/usr/lib/EXTLINUX/mbr.bin')
DISK_ID = 0x4e48414d


def main(source: str, target: str) -> None:
    """Write the disk."""
    size = pathlib.Path(source).stat().st_size // SECTOR
    record = BOOT_CODE.read_bytes().ljust(440, b'\0')
    record += struct.pack('<IH', DISK_ID, 0)
    # active, Linux, and "beyond what cylinders can say"
    record += struct.pack('<B3sB3sII', 0x80, b'\xfe\xff\xff', 0x83,
                          b'\xfe\xff\xff', START, size)
    record += bytes(48) + b'\x55\xaa'
    with open(source, 'rb') as src, open(target, 'wb') as out:
        out.write(record)
        out.seek(START * SECTOR)
        shutil.copyfileobj(src, out, 1 << 20)


if __name__ == '__main__':
    main(*sys.argv[1:])
