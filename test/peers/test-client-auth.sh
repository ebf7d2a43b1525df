#!/bin/bash
# Our client, which proves who it is, and a real domain controller of Samba's, over TCP:
# each mechanism at each level, in both byte orders, with what signs and seals held by both.
. "$PEERS/samba.sh"
. "$PEERS/penstock.sh"
. "$PEERS/dc.sh"
LIVE=$BUILD/test/peers/client-live
dc_start "rpc, kdc, ldap, winbindd"
wait_for "Samba's endpoint mapper" bash -c ': </dev/tcp/127.0.0.1/135'
export LIVE_USER=Administrator LIVE_DOMAIN=AD LIVE_PASSWORD=Adm1nPassw0rd

protected() { # NAME MECH-OF-SPNEGO ARGUMENTS...
	local name=$1 mech=$2 seen level=$5 headers=signed
	shift 2
	[ "$level" = 2 ] && headers="not signed"
	seen=$(timeout 60 "$LIVE" "$@" 2>&1)
	if grep -qE "^mech $mech level $level type [0-9]+ headers $headers\$" <<<"$seen"; then pass; else fail "$name" "$seen"; fi
}

for level in 2 4 5 6; do
	for order in little big-endian; do
		LIVE_DOMAIN=AD protected "ntlm, level $level, $order" ntlm 'ncacn_ip_tcp:pentest[135]' ntlm $level epm $order
		# An address has no ticket: SPNEGO is left with NTLM, and says why.
		protected "spnego of ntlm, level $level, $order" ntlm 'ncacn_ip_tcp:127.0.0.1[135]' spnego $level epm $order
		LIVE_DOMAIN=AD.TEST protected "spnego of krb5, level $level, $order" krb5 'ncacn_ip_tcp:pentest[135]' spnego $level epm $order
		LIVE_DOMAIN=AD.TEST protected "krb5, level $level, $order" krb5 'ncacn_ip_tcp:pentest[135]' krb5 $level epm $order
	done
	[ $level = 2 ] && continue
	for mech in ntlm krb5 spnego; do
		domain=AD.TEST; [ $mech = ntlm ] && domain=AD
		seen=krb5; [ $mech = ntlm ] && seen=ntlm
		LIVE_DOMAIN=$domain protected "samr, $mech, level $level" $seen 'ncacn_ip_tcp:pentest' $mech $level samr
		LIVE_DOMAIN=$domain protected "samr, $mech, level $level, NDR" $seen 'ncacn_ip_tcp:pentest' $mech $level samr ndr
		LIVE_DOMAIN=$domain protected "samr, $mech, level $level, big-endian" $seen 'ncacn_ip_tcp:pentest' $mech $level samr ndr big-endian
	done
done
LIVE_DOMAIN=AD expect "a fault is a fault" 'fault: .*lacks the right' "$LIVE" 'ncacn_ip_tcp:pentest' ntlm 6 lsarpc
expect "what SPNEGO leaves out is said" 'left out: krb5' "$LIVE" 'ncacn_ip_tcp:127.0.0.1[135]' spnego 6 epm
LIVE_PASSWORD=wrong expect_not "a wrong password calls nothing" '^mech' "$LIVE" 'ncacn_ip_tcp:pentest[135]' ntlm 6 epm
LIVE_PASSWORD=wrong expect_not "a wrong password calls nothing, SPNEGO" '^mech' "$LIVE" 'ncacn_ip_tcp:127.0.0.1[135]' spnego 6 epm
LIVE_DOMAIN=AD.TEST LIVE_PASSWORD=wrong expect "a wrong password is told" 'krb5: ' "$LIVE" 'ncacn_ip_tcp:pentest[135]' krb5 6 epm
LIVE_DOMAIN=AD.TEST expect "nobody's server" 'krb5: ' "$LIVE" 'ncacn_ip_tcp:pentest[135]' krb5 6 epm target=host/nobody
dc_stop
finish
