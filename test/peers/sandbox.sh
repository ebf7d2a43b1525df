#!/bin/bash
# sandbox.sh COMMAND [ARG...]: runs a command, and all that it starts, in network,
# mount, host name, IPC and process namespaces of its own: ports 135 and 445, /etc,
# /run/samba and Samba's state are private to it, and all ends with it. The command
# gets an empty directory as $WORK. Needs root: exits 77 (skipped) without.
set -u
[ "$(id -u)" = 0 ] || { echo "needs root, for namespaces of its own"; exit 77; }
here=$(cd "$(dirname "$0")" && pwd)
WORK=$(mktemp -d "${TMPDIR:-/tmp}/penstock-peers.XXXXXX")
export WORK PEERS=$here
trap 'rm -rf "$WORK"' EXIT
unshare -n -m -u -i -p --fork --mount-proc --kill-child=KILL \
	bash "$here/inside.sh" "$@" </dev/null
