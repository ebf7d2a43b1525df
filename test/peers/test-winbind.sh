#!/bin/bash
# NTLM's verdicts by a real winbindd, which judges by its machine's own users.
. "$PEERS/samba.sh"
. "$PEERS/penstock.sh"
LIVE=$BUILD/test/peers/winbind-live
export ASAN_OPTIONS=detect_leaks=0 # libwbclient keeps what it opened

[ -x /usr/sbin/winbindd ] || { echo "needs winbindd"; exit 77; }
samba_start theirs
winbindd -D --configfile="$WORK/smb.conf" </dev/null
wait_for winbindd wbinfo -p
accounts=$WORK/of/accounts.db

expect() { # NAME PATTERN ARGUMENT...
	local name=$1 pattern=$2 seen
	shift 2
	seen=$("$LIVE" "$accounts" "$@" 2>&1)
	if grep -qE "$pattern" <<<"$seen"; then pass; else fail "$name" "$seen"; fi
}

expect "the right password" '^PENTEST\\user$' user userpw PENTEST
expect "its SID" '^S-1-5-21-.*-[0-9]+$' user userpw PENTEST
expect "a wrong password" 'refused: winbindd about user: STATUS_(WRONG_PASSWORD|LOGON_FAILURE)' user wrong PENTEST
expect "nobody" 'refused: (there is no user|winbindd about nix: STATUS_NO_SUCH_USER)' nix userpw PENTEST
# Theirs are administrators here when our aliases say so, and not before.
expect "not by their word" '^PENTEST\\admin$' admin adminpw PENTEST
sid=$("$LIVE" "$accounts" admin adminpw PENTEST | sed -n 2p)
"$BUILD"/src/tool/penstock group add-member Administrators "$sid" --accounts "$accounts" >/dev/null
expect "by ours" '^PENTEST\\admin admin$' admin adminpw PENTEST
kill "$(cat "$WORK/samba/winbindd.pid")"
sleep 0.5
expect "winbindd is gone" 'refused: winbindd about user: ' user userpw PENTEST
finish
