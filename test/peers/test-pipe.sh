#!/bin/bash
# Pipes that a user's programs serve, and Samba's clients behind smbd.
. "$PEERS/samba.sh"
. "$PEERS/penstock.sh"

"$BUILD/src/daemon/penstock-objectd" --np-directory /run/penstock/np >"$WORK/objectd.log" 2>&1 &
OBJECTD_PID=$!
wait_for "penstock-objectd" test -S /run/penstock/objects

serve() { # LOG ARGUMENTS...
	local log=$WORK/$1.log
	shift
	setpriv --reuid 1234 --regid 1234 --clear-groups "$WORK/pipe-live" "$@" >"$log" 2>&1 &
}
client() { timeout 60 /usr/bin/python3 "$PEERS/pipe_samba.py" "$WORK/client.conf" "$@" 2>&1; }

cp "$BUILD/test/peers/pipe-live" "$WORK/pipe-live" && chmod 755 "$WORK/pipe-live"
serve message '\\.\pipe\Message\One' message
serve byte '\\.\pipe\bytes' byte 'D:(A;;GA;;;WD)'
serve local '\\.\pipe\local' message local
samba_start ours
for name in 'message\one' bytes local; do
	wait_for "the pipe $name" test -S "/run/penstock/np/$name"
done

expect "an administrator talks" "\['olleh'\] yxx" client admin 'message\one' talk
expect "by a name in another case, a second time" "\['olleh'\] yxx" client admin 'MESSAGE\ONE' talk
expect "the server knows who it was" "^admin from elsewhere" cat "$WORK/message.log"
expect "a message comes in parts" "\['hgf', 'edcba'\]" client admin 'message\one' parts
expect "the end of the client" "^end 0xc000014b" cat "$WORK/message.log"
expect "the end of the server" "0xc00000b0" client admin 'message\one' bye
expect "and it listens again" "\['olleh'\] yxx" client admin 'message\one' talk
expect "a user may not" "0xc000020[cd]" client user 'message\one' open
expect "bytes, for everybody" "\['olleh'\]" client user bytes talk
expect "the server knows that user" "^user from elsewhere" cat "$WORK/byte.log"
expect "a pipe that is not there" "0xc0000034" client admin nothing open
expect "a pipe for this machine alone" "0xc000020[cd]" client admin local open

kill -TERM $OBJECTD_PID
wait $OBJECTD_PID
check "penstock-objectd stops cleanly" [ $? = 0 ]
if grep -qE 'ERROR: (Address|Leak)Sanitizer|runtime error:' "$WORK/objectd.log"; then
	fail "the sanitizers found something" "$(head -40 "$WORK/objectd.log")"
fi
check "its sockets are gone" [ -z "$(ls /run/penstock/np)" ]
finish
