#!/bin/bash
# The command line proves who it is by Kerberos, from each place that tickets come from, to
# our daemon with a keytab of a private KDC's; and says how it came to that.
. "$PEERS/samba.sh"
. "$PEERS/penstock.sh"
. "$PEERS/kdc.sh"
kdc_start
kdc_service host/server aes256-cts-hmac-sha1-96
kdc_kadmin "ktadd -k $KDC/alice.keytab -norandkey alice" >>"$KDC/create.log" 2>&1
penstock_start "[security]
keytab = FILE:$KDC/server.keytab
realm = PENSTOCK.TEST"
echo Se-cret12x | "$PENSTOCK" user add alice --accounts "$WORK/state/accounts.db" --password-stdin >/dev/null
(umask 077 && echo alicepw >"$WORK/password" && echo Se-cret12x >"$WORK/local")
KRB5CCNAME=FILE:$KDC/alice.ccache kinit alice@PENSTOCK.TEST <<<alicepw >/dev/null 2>&1

server=ncacn_ip_tcp:127.0.0.1
add() { "$PENSTOCK" call --explain "$@" "$server" rpcecho.echo_AddOne '{"in_data": 41}' 2>&1; }
by() { # NAME PATTERN OPTION...: it is called, and explained so
	local name=$1 pattern=$2
	shift 2
	expect "$name" "$pattern" add --target host/server "$@"
	expect "$name: called" '"out_data": 42' add --target host/server "$@"
}
krb5='^protection: level privacy, by krb5, which SPNEGO chose, headers signed too$'

by "a password" "$krb5" -U alice@PENSTOCK.TEST --password-file "$WORK/password"
by "a ccache" "$krb5" --ccache "FILE:$KDC/alice.ccache"
by "a keytab" "$krb5" --keytab "FILE:$KDC/alice.keytab" --principal alice@PENSTOCK.TEST
by "Kerberos alone" '^protection: level integrity, by krb5, headers signed too$' \
	--ccache "FILE:$KDC/alice.ccache" --mech krb5 --level integrity
by "a password that only the server knows" '^left out: krb5: ' -U 'PENTEST\alice' --password-file "$WORK/local"
by "no tickets" '^who: nobody: no --user, and no Kerberos ticket that is valid$'
export KRB5CCNAME=FILE:$KDC/alice.ccache
by "the process's own tickets" '^who: alice@PENSTOCK.TEST, by the tickets in FILE:'
by "which prove it" "$krb5"
by "unless nobody is meant" '^protection: level none$' --anonymous
expect "a server that the KDC does not know" 'the KDC does not know the server by that name' add --target host/other
expect "and what helps" '^Your Kerberos tickets were used.*--anonymous leaves them out' add --target host/other
expect "public things are asked by nobody" '^who: nobody: what is asked is public' \
	"$PENSTOCK" endpoints --explain "$server"
expect "whoami, locally" '"binding":"ncalrpc:\[lsarpc\]","user":"root","domain":"Unix User"' "$PENSTOCK" whoami --json
expect "whoami, by a password" '^PENTEST.alice$' \
	"$PENSTOCK" whoami -U 'PENTEST\alice' --password-file "$WORK/local" ncalrpc:
expect "whoami, over TCP, which LSA does not answer" 'over TCP a server does not say' \
	"$PENSTOCK" whoami -U 'PENTEST\alice' --password-file "$WORK/local" "$server"
expect "the server knows who it was" 'is PENTEST.*alice by (spnego|krb5), level 6' cat "$WORK/penstockd.log"
penstock_stop
kdc_stop
finish
