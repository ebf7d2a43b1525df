#!/bin/bash
# Named pipes of a program without rights, carried to it by a real smbd: the rows that a client
# there can carry, and who it is.
. "$PEERS/samba.sh"
passed=0 failed=0

samba_start ours
cat >"$WORK/objectd.log" </dev/null
"$BUILD/src/daemon/penstock-objectd" --directory /run/penstock \
	--np-directory /run/penstock/np >"$WORK/objectd.log" 2>&1 &
objectd=$!
wait_for "penstock-objectd" [ -S /run/penstock/objects ]
# Nobody's, who has no right to anything of root's.
hand="setpriv --reuid 65534 --regid 65534 --clear-groups env PENSTOCK_OBJECTS_DIR=/run/penstock $BUILD/test/peers/pipe-hand"
seen=$(/usr/bin/python3 "$PEERS/pipes_smbd.py" "$hand" ${PIPE_TESTS-} 2>&1)
status=$?
echo "$seen"
kill -TERM $objectd
wait $objectd || { echo "penstock-objectd does not stop cleanly"; status=1; }
if grep -qE 'ERROR: (Address|Leak)Sanitizer|runtime error:' "$WORK/objectd.log" || [ "$status" != 0 ]; then
	echo "--- the object manager's log:"
	tail -n 40 "$WORK/objectd.log"
	status=1
fi
exit "$status"
