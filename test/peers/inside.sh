#!/bin/bash
# The first process of a sandbox: makes its world, then runs the command.
set -eu
mount --make-rprivate /
hostname pentest
ip link set lo up
mkdir -p "$WORK"/{etc.up,etc.wk}
chmod 755 "$WORK"
mount -t tmpfs -o mode=755 tmpfs "$WORK"
mkdir -p "$WORK"/{etc.up,etc.wk,tmp}
chmod 1777 "$WORK/tmp"
mount -t overlay overlay -o lowerdir=/etc,upperdir="$WORK/etc.up",workdir="$WORK/etc.wk" /etc
for directory in /run/samba /run/penstock /var/lib/samba /var/cache/samba /var/log/samba; do
	mkdir -p "$directory"
	mount -t tmpfs -o mode=755 tmpfs "$directory"
done
printf '127.0.0.1 localhost pentest\n' >/etc/hosts
export HOME=$WORK/tmp
set +e
"$@"
