#!/bin/bash
# Build the sample VNF's disk: build.sh WORKDIR OUT.qcow2
# SeaBIOS -> extlinux -> Debian's cloud kernel -> busybox on ext4, with QEMU's
# guest agent as Debian has it.
set -euo pipefail
here=$(dirname "$(readlink -f "$0")")
work=$1
out=$2
size=96M
mnt=$work/mnt
PATH=$PATH:/usr/sbin:/sbin

cleanup() {
    if mountpoint -q "$mnt"; then umount "$mnt"; fi
    rm -rf "$work"
}
trap cleanup EXIT
if mountpoint -q "$mnt"; then umount -l "$mnt"; fi
rm -rf "$work"
mkdir -p "$work"/{deb,kernel,ramfs,root,mnt}

echo "== kernel"
cd "$work/deb"
package=$(apt-cache depends linux-image-cloud-amd64 |
    awk '/Depends: linux-image/ {print $2; exit}')
apt-get download -q "$package"
dpkg-deb -x "$package"*.deb "$work/kernel"
version=$(ls "$work/kernel/lib/modules")
depmod -b "$work/kernel" "$version"

echo "== guest agent"
apt-get download -q qemu-guest-agent
dpkg-deb -x qemu-guest-agent*.deb "$work/agent"

echo "== initial RAM file system"
bash "$here/compile.sh" "$work/vnf"
# modules NAME... : their files with all they depend on, in loading order
modules() {
    local name
    for name in "$@"; do
        modprobe -d "$work/kernel" -S "$version" --show-depends "$name" \
            2>/dev/null | awk '$1 == "insmod" {print $2}' || true
    done | awk '!seen[$0]++'
}
put() {
    local folder=$1 file
    shift
    mkdir -p "$folder"
    : > "$folder/order"
    for file in $(modules "$@"); do
        cp "$file" "$folder/"
        basename "$file" >> "$folder/order"
    done
}
cd "$work/ramfs"
mkdir -p bin dev proc sys newroot
cp "$(command -v busybox)" bin/busybox
cp "$work/vnf" bin/vnf
put lib/modules button evdev virtio_pci virtio_blk virtio_scsi sd_mod \
    ata_piix ext4 crc32c_generic
put lib/netmods virtio_net virtio_console
install -m 755 "$here/initramfs-init" init
find . | cpio -o -H newc --quiet | gzip -9 > "$work/initrd.gz"

echo "== root file system"
cd "$work/root"
mkdir -p bin sbin dev proc sys tmp mnt root var/lib
cp -r "$here/root/." .
mkdir -p usr/sbin run
# Only root may see the files of a state.
mkdir -m 700 run/nham
chmod 755 etc/init.d/rcS usr/share/udhcpc/script usr/bin/* www/cgi-bin/*
cp "$work/agent/usr/sbin/qemu-ga" usr/sbin/
# Its libraries, with the paths at which it looks for them.
missing=$(ldd usr/sbin/qemu-ga | awk '/not found/ {print $1}')
if [ -n "$missing" ]; then
    echo "qemu-ga needs $missing on this machine, too" >&2
    exit 1
fi
for library in $(ldd usr/sbin/qemu-ga | grep -o '/[^ ]*'); do
    install -D -m 755 "$library" ".$library"
done
cp "$work/vnf" bin/vnf
cp "$(command -v busybox)" bin/busybox
for name in $(bin/busybox --list); do
    ln -s busybox "bin/$name" 2>/dev/null || true
done
ln -s ../bin/busybox sbin/init
cp "$work"/kernel/boot/vmlinuz-* boot/vmlinuz
cp "$work/initrd.gz" boot/initrd.gz

echo "== disk"
truncate -s "$size" "$work/part"
# Its power is cut amid writes, and nobody checks it: so it has a journal.
mkfs.ext4 -q -F -O ^64bit,^metadata_csum -J size=4 -m 0 "$work/part"
python3 "$here/partition.py" "$work/part" "$work/disk"
mount -o loop,offset=1048576 "$work/disk" "$mnt"
# extlinux cannot read files with holes
cp -a --sparse=never "$work/root/." "$mnt/"
sync
extlinux --install "$mnt/boot"
umount "$mnt"
qemu-img convert -f raw -O qcow2 "$work/disk" "$out"
ls -l "$out"
