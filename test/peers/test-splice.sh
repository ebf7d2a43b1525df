#!/bin/bash
# A real smbd with all of its pipes in our directory, where srvsvc is ours and what Samba's own
# services serve is carried on to them; and what becomes of that when either of them goes.
. "$PEERS/samba.sh"
. "$PEERS/penstock.sh"
THEIRS=$WORK/samba/ncalrpc/np
# samba-dcerpcd wants port 135 of 127.0.0.1. Our workgroup is not smbd's, so that one sees who answers.
cat >"$WORK/penstockd.conf" <<CONF
[store]
path = $WORK/state/shares.db
[server]
name = PENTEST
comment = the door is ours
workgroup = OURS
listen = 127.0.0.2
objects = /run/penstock
[samba]
np = $THEIRS
[workers]
programs = $BUILD/src/daemon/programs $WORK/programs
[service srvsvc]
level = none
[service lsarpc]
enabled = no
[service samr]
enabled = no
[service netlogon]
enabled = no
[service dssetup]
enabled = no
CONF
# Besides, a program of somebody else has pipes that carry no RPC.
mkdir -p "$WORK/programs" && ln -s "$BUILD/test/door/counter" "$WORK/programs/counter"
"$BUILD/src/daemon/penstock-objectd" --directory /run/penstock --np-directory /run/penstock/np >"$WORK/objectd.log" 2>&1 &
OBJECTD_PID=$!
wait_for "penstock-objectd" test -S /run/penstock/objects
mkdir -p "$WORK/state"
"$PENSTOCKD" --config "$WORK/penstockd.conf" >"$WORK/penstockd.out" 2>"$WORK/penstockd.log" &
PENSTOCKD_PID=$!
wait_for "penstockd" bash -c ': </dev/tcp/127.0.0.2/135'
samba_start ours
rpc() { # USER COMMAND
	timeout 60 rpcclient -s "$WORK/client.conf" -U "$1" 127.0.0.1 -c "$2"
}
client() { timeout 60 /usr/bin/python3 "$PEERS/pipe_samba.py" "$WORK/client.conf" "$@" 2>&1; }
registry() { timeout 60 net -s "$WORK/client.conf" rpc registry enumerate HKLM -U $admin -S 127.0.0.1; }
relay_pid() { pgrep -f '^[^ ]*/penstock-relay '; }
admin=admin%adminpw user=user%userpw

expect "srvsvc is there" 'the door is ours' rpc $admin srvinfo
expect "lsarpc is not, without samba-dcerpcd" 'OBJECT_NAME_NOT_FOUND' rpc $admin lsaquery

wait_for "the pipe of no service" test -S /run/penstock/np/counter-echo
raw() { # WHEN
	expect "a pipe that carries no RPC, $1" "\\['abc', 'defgh'\\]" client admin counter-echo parts
	expect "by another user, $1" "^done" client user counter-echo parts
}
raw "without samba-dcerpcd"
expect "one for this machine alone" "0xc000020[cd]" client admin 'counter\word' open
samba_dcerpcd_start
wait_for "samba-dcerpcd" bash -c ": </dev/tcp/127.0.0.1/135"
wait_for "lsarpc" test -S /run/penstock/np/lsarpc
for name in samr winreg spoolss wkssvc svcctl; do
	check "$name is in our directory" test -S /run/penstock/np/$name
done
check "an administrator adds a share" rpc $admin 'netshareadd C:\\tmp first 100 "our first share"'
expect "srvsvc is ours" 'the door is ours' rpc $admin srvinfo
expect "with our share" 'netname: first' rpc $admin netshareenumall
expect "which smbclient lists" '^[[:space:]]*first +Disk +our first share' smbclient -s "$WORK/client.conf" -U $user -L 127.0.0.1
expect_not "and no other of Samba's" '^[[:space:]]*data +Disk' smbclient -s "$WORK/client.conf" -U $user -L 127.0.0.1
expect "lsarpc is Samba's" 'Domain Name: TESTGROUP' rpc $admin lsaquery
expect "which knows users" 'user S-1-5-21-.*\(User: 1\)' rpc $admin 'lookupnames user'
expect "for anonymous too" 'Domain Name: TESTGROUP' rpc % lsaquery
expect "samr is Samba's" 'user:\[admin\] rid' rpc $admin enumdomusers
expect "and knows itself" 'Comment:.*Samba' rpc $admin querydominfo
expect "a plain user is one there" 'user:\[user\] rid' rpc $user enumdomusers
expect "winreg is Samba's" 'Keyname += SOFTWARE' registry
expect "spoolss is Samba's" 'Directory Name:.*W32X86' rpc $admin getdriverdir
expect "which calls winreg itself" 'No printers returned' rpc $admin enumprinters
check "the relay is one process" [ "$(relay_pid | wc -l)" = 1 ]

# Twenty clients at once.
for n in $(seq 20); do
	rpc $admin 'lsaquery;enumdomusers;srvinfo' >"$WORK/client.$n" 2>&1 &
	clients="${clients-} $!"
done
wait $clients
for n in $(seq 20); do
	expect "client $n hears Samba" 'TESTGROUP' cat "$WORK/client.$n"
	expect "and us" 'the door is ours' cat "$WORK/client.$n"
done

# The relay dies: calls that it carried fail, and no others.
(printf 'srvinfo\nlsaquery\n'; sleep 2; printf 'srvinfo\nlsaquery\nsrvinfo\n') |
	timeout 60 rpcclient -s "$WORK/client.conf" -U $admin 127.0.0.1 >"$WORK/long" 2>&1 &
long=$!
sleep 1
kill -KILL "$(relay_pid)"
wait $long
expect "who called srvsvc goes on" '^3$' grep -c 'the door is ours' "$WORK/long"
expect "a relay is started again" 'Domain Name: TESTGROUP' rpc $admin lsaquery
expect "the log says so" 'relay.*signal 9' cat "$WORK/penstockd.log"

# Programs of this machine come to srvsvc by a pipe of the object manager.
by_pipe() {
	setpriv --reuid 65534 --regid 65534 --clear-groups env PENSTOCK_OBJECTS_DIR=/run/penstock \
		"$PENSTOCK" call 'ncacn_np:[\pipe\srvsvc]' srvsvc.NetrServerGetInfo '{"Level": 101}'
}
expect "srvsvc by a pipe of the object manager" 'the door is ours' by_pipe

# penstockd becomes another image of itself: nobody notices, whoever serves them.
(printf 'srvinfo\nlsaquery\n'; sleep 3; printf 'srvinfo\nlsaquery\nsrvinfo\n') |
	timeout 60 rpcclient -s "$WORK/client.conf" -U $admin 127.0.0.1 >"$WORK/long" 2>&1 &
long=$!
sleep 1
relay=$(relay_pid) porter=$(pgrep -x penstock-porter)
kill -USR2 $PENSTOCKD_PID
expect "lsarpc meanwhile" 'Domain Name: TESTGROUP' rpc $admin lsaquery
expect "srvsvc meanwhile" 'the door is ours' rpc $admin srvinfo
expect "srvsvc by a pipe meanwhile" 'the door is ours' by_pipe
wait $long
expect "who called srvsvc goes on" '^3$' grep -c 'the door is ours' "$WORK/long"
expect "and who called lsarpc" '^2$' grep -c 'Domain Name: TESTGROUP' "$WORK/long"
expect "samr afterwards" 'user:\[admin\] rid' rpc $admin enumdomusers
expect "srvsvc by a pipe afterwards" 'the door is ours' by_pipe
check "the porter is the same" [ "$(pgrep -x penstock-porter)" = "$porter" ]
check "another relay carries new ones" [ "$(relay_pid)" != "$relay" ]

# A service of ours is enabled, and takes its pipe; it is disabled, and Samba's has it again.
reload() { # YES-OR-NO
	sed -i "s/^enabled = .*/enabled = $1/" "$WORK/penstockd.conf"
	log_mark
	kill -HUP $PENSTOCKD_PID
	wait_for "the reload" bash -c "tail -c +$((log_seen + 1)) $WORK/penstockd.log | grep -q 'reload.*done'"
}
reload yes
expect "lsarpc is ours" 'Domain Name: OURS' rpc $admin lsaquery
expect "spoolss is Samba's still" 'Directory Name:.*W32X86' rpc $admin getdriverdir
reload no
wait_for "Samba's lsarpc" test -S /run/penstock/np/lsarpc
expect "lsarpc is Samba's again" 'Domain Name: TESTGROUP' rpc $admin lsaquery

# samba-dcerpcd goes and comes back.
pkill_dcerpcd() { kill -TERM "$(pgrep -o -x samba-dcerpcd)"; }
pkill_dcerpcd
for n in $(seq 100); do pgrep -x samba-dcerpcd >/dev/null || break; sleep 0.1; done
expect_not "lsarpc without samba-dcerpcd" 'Domain Name' rpc $admin lsaquery
expect "srvsvc without it" 'the door is ours' rpc $admin srvinfo
samba_dcerpcd_start
wait_for "samba-dcerpcd" bash -c ': </dev/tcp/127.0.0.1/135'
wait_for "lsarpc" test -S /run/penstock/np/lsarpc
# A socket is there before anybody listens at it.
lsarpc_is_theirs() { rpc $admin lsaquery | grep -q "Domain Name: TESTGROUP"; }
wait_for "lsarpc itself" lsarpc_is_theirs
expect "lsarpc when it is back" 'Domain Name: TESTGROUP' rpc $admin lsaquery
expect "samr too" 'user:\[admin\] rid' rpc $admin enumdomusers
raw "in the end"
penstock_stop
check "nothing of ours is left" [ -z "$(ls /run/penstock/np)" ]
check "no relay either" [ -z "$(relay_pid)" ]
check "and no porter" [ -z "$(pgrep -x penstock-porter)" ]
kill -TERM $OBJECTD_PID
wait $OBJECTD_PID
check "penstock-objectd stops cleanly" [ $? = 0 ]
finish
