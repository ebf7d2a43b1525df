#!/bin/bash
# wine.sh: a Windows program's figures under Wine, a line each: 64 bytes back and forth, on one
# core and on all, then messages of 64 KiB. Nothing where there is no Wine.
set -u
command -v winegcc-stable >/dev/null || exit 0
here=$(cd "$(dirname "$0")" && pwd)
WORK=$(mktemp -d "${TMPDIR:-/tmp}/penstock-bench-pipe.XXXXXX")
. "$here/../peers/wine.sh"
trap 'wine_stop; rm -rf "$WORK"' EXIT
wine_start
wine_cc "$WORK/pong" "$here/pipe-pong.c" || exit 0
all=$(taskset -pc $$ | sed 's/.*: //')
for size in 64 65536; do
	for cpus in 0 "$all"; do
		taskset -c "$cpus" "$WINE64" "$WORK/pong.exe.so" server '\\.\pipe\pong' $size &
		taskset -c "$cpus" "$WINE64" "$WORK/pong.exe.so" client '\\.\pipe\pong' $size 1
		wait $!
	done
done
