#!/bin/bash
# Our client at a Samba domain controller's samr, at privacy over TCP, by NTLM, by Kerberos
# and by SPNEGO with each: users, groups and aliases looked up, listed, made and deleted,
# and a user's password set and changed in every form that the controller knows, each time
# proved by a new logon. Then the same at our own daemon.
. "$PEERS/samba.sh"
. "$PEERS/penstock.sh"
. "$PEERS/dc.sh"
LIVE=$BUILD/test/peers/samr-live
dc_start "rpc, kdc, ldap, winbindd"
wait_for "Samba's endpoint mapper" bash -c ': </dev/tcp/127.0.0.1/135'
dc_tool domain passwordsettings set --min-pwd-age=0 --history-length=0 >>"$DC/tool.log" 2>&1
export LIVE_USER=Administrator LIVE_PASSWORD=Adm1nPassw0rd LIVE_TARGET=host/pentest
export LIVE_WITHOUT_38=1 PENSTOCK_NCALRPC_DIR=/run/samba/ncalrpc
sets='ncalrpc:[DEFAULT]'
LIVE_DOMAIN=AD count "ntlm" "$LIVE" ncacn_ip_tcp:pentest ntlm "$sets"
LIVE_DOMAIN=AD.TEST count "krb5" "$LIVE" ncacn_ip_tcp:pentest krb5 "$sets"
LIVE_DOMAIN=AD count "spnego of ntlm" "$LIVE" ncacn_ip_tcp:127.0.0.1 spnego "$sets"
LIVE_DOMAIN=AD.TEST count "spnego of krb5" "$LIVE" ncacn_ip_tcp:pentest spnego "$sets"
umask 077
echo Adm1nPassw0rd >"$WORK/password"
for mech in ntlm krb5 spnego; do
	expect "whoami, $mech" '^AD.Administrator$' "$PENSTOCK" whoami -U Administrator@AD.TEST --mech $mech \
		--password-file "$WORK/password" --target host/pentest "$sets"
done
dc_stop

# Our own controls nothing, and has a session key everywhere.
unset LIVE_WITHOUT_38
export LIVE_USER=boss LIVE_DOMAIN=PENTEST LIVE_PASSWORD=Winter-2026 PENSTOCK_NCALRPC_DIR=$NCALRPC_DIR
penstock_start
accounts=$WORK/state/accounts.db
check "an administrator" "$PENSTOCK" user add boss --accounts "$accounts" --password-stdin <<<Winter-2026
check "who is one" "$PENSTOCK" group add-member Administrators boss --accounts "$accounts"
count "our daemon, ntlm" "$LIVE" ncacn_ip_tcp:127.0.0.1 ntlm
count "our daemon, spnego" "$LIVE" ncacn_ip_tcp:127.0.0.1 spnego
penstock_stop
finish
