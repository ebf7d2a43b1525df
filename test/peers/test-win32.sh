#!/bin/bash
# Windows programs, compiled with our <windows.h> and with Wine's, print the same: a server and
# a client, and a survey of what pipes do. Lines on which Wine is not as Windows are in
# win32.expected.
. "$PEERS/wine.sh"
passed=0 failed=0
SOURCES=$PEERS/../win32
OURS=$BUILD/test/win32
name='\\.\pipe\penstock-peers'

# As the others' results: a sum at the end.
result() { # WHAT COMMAND...
	local what=$1 seen
	shift
	if seen=$("$@" 2>&1); then
		passed=$((passed + 1))
	else
		failed=$((failed + 1))
		printf 'FAIL %s\n%s\n' "$what" "$seen"
	fi
}

mkdir -p "$WORK/ours" "$WORK/wine.out"
result "ours" /usr/bin/python3 "$SOURCES/check.py" "$BUILD/src/daemon/penstock-objectd" \
	"$OURS/pipe-server" "$OURS/pipe-client" "$OURS/pipe-survey" "$WORK/ours"
wine_start
trap wine_stop EXIT
for program in pipe-server pipe-client; do
	result "winegcc $program" wine_cc "$WORK/$program" "$SOURCES/$program.c"
done
result "winegcc pipe-survey" wine_cc "$WORK/pipe-survey" "$SOURCES"/pipe-survey*.c -lntdll
wine "$WORK/pipe-server.exe.so" "$name" >"$WORK/wine.out/pipe-server" 2>&1 &
server=$!
wine "$WORK/pipe-client.exe.so" "$name" >"$WORK/wine.out/pipe-client" 2>&1
wait "$server"
wine "$WORK/pipe-survey.exe.so" >"$WORK/wine.out/pipe-survey" 2>&1
for program in pipe-server pipe-client pipe-survey; do
	result "$program, ours and Wine's" /usr/bin/python3 "$PEERS/win32_compare.py" \
		"$PEERS/win32.expected" "$WORK/ours/$program" "$WORK/wine.out/$program"
done
echo "$passed passed, $failed failed"
[ "$failed" = 0 ]
