#!/bin/bash
# What machines do to penstockd: a full disk, a clock that jumps.
. "$PEERS/samba.sh"
. "$PEERS/penstock.sh"

tool() { timeout 60 "$PENSTOCK" "$@"; }
info() { tool call "$1" srvsvc.NetrServerGetInfo '{"Level": 101}' "${@:2}"; }
add_user() { check "an account" tool user add alice --accounts "$1" --password-stdin <"$WORK/password"; }
login() { tool call ncacn_ip_tcp:127.0.0.1 rpcecho.echo_AddOne '{"in_data": 41}' -U 'PENTEST\alice' --password-file "$WORK/password" --level privacy; }
add_share() { tool call ncalrpc: srvsvc.NetrShareAdd "{\"Level\": 2, \"InfoStruct\": {\"ShareInfo2\": {\"shi2_netname\": \"$1\", \"shi2_type\": 0,
	\"shi2_remark\": \"$(printf 'x%.0s' {1..200})\", \"shi2_permissions\": 0, \"shi2_max_uses\": 1, \"shi2_current_uses\": 0,
	\"shi2_path\": \"C:\\\\tmp\", \"shi2_passwd\": \"\"}}}"; }

(umask 077 && echo Se-cret12x >"$WORK/password")

# ---- a full disk: state and log are there ----

mkdir -p "$WORK/small"
mount -t tmpfs -o size=2m,mode=0700 none "$WORK/small"
penstock_start "[store]
path = $WORK/small/shares.db
accounts = $WORK/small/accounts.db"
add_user "$WORK/small/accounts.db"
check "it serves" info ncalrpc:
check "a share" add_share before
check "a logon" login
head -c 4M /dev/zero >"$WORK/small/fill" 2>/dev/null
expect "nothing is left" '^0$' stat -f -c %f "$WORK/small"
expect "a share that there is no room for is refused" '"result": [1-9]' bash -c 'for i in {1..50}; do '"$(declare -f tool add_share)"'; PENSTOCK='"$PENSTOCK"' add_share "full$i"; done'
expect "what is there is told" 'before' tool share ls
check "it serves all the same" info ncalrpc:
check "by TCP too" info ncacn_ip_tcp:127.0.0.1
check "and lets people in" login
rm "$WORK/small/fill"
check "with room again, shares are kept" add_share after
check "and people come in" login
penstock_stop

# ---- a clock that jumps: the one of the wall, as an administrator or NTP does it ----

clock=$WORK/clock
set_clock() { echo "$1" >"$clock.new" && mv "$clock.new" "$clock"; }
set_clock '+0'
export FAKETIME_TIMESTAMP_FILE=$clock FAKETIME_NO_CACHE=1 FAKETIME_DONT_FAKE_MONOTONIC=1
LD_PRELOAD_WAS=${LD_PRELOAD-}
PENSTOCK_WRAP="env LD_PRELOAD=/usr/lib/x86_64-linux-gnu/faketime/libfaketime.so.1 ASAN_OPTIONS=${ASAN_OPTIONS-}:detect_leaks=0:verify_asan_link_order=0" \
	penstock_start "[workers]
confined = no
[store]
accounts = $WORK/state/clock.db"
add_user "$WORK/state/clock.db"
check "it serves" info ncalrpc:
check "a logon" login
for jump in +3600 -86400 +315360000 -315360000 +0; do
	set_clock "$jump"
	check "it serves after $jump seconds" info ncalrpc:
	check "by TCP too" info ncacn_ip_tcp:127.0.0.1
	seen=$(login 2>&1)
	check "logons are judged by the clock there is" grep -qE '42|PASSWORD|password' <<<"$seen"
done
check "and all is as it was" login
grep -q '"\?20[0-9][0-9]-' "$WORK/penstockd.log" && years=$(cut -c1-4 "$WORK/penstockd.log" | sort -u | wc -l)
check "its log has seen other years" [ "${years:-0}" -gt 1 ]
penstock_stop
finish
