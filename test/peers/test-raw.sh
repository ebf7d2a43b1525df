#!/bin/bash
# Samba's raw protocol suite, all of it: every PDU in and out of its place, under NTLM,
# SPNEGO and Kerberos (docs/conformance.md). Its pipes come through a real smbd.
. "$PEERS/samba.sh"
. "$PEERS/kdc.sh"
. "$PEERS/penstock.sh"

kdc_start
kdc_service host/pentest aes256-cts-hmac-sha1-96
echo "127.0.0.1 pentest" >>/etc/hosts
# With a realm, Samba's clients name a person by the principal, to smbd too.
echo "carol = carol@PENSTOCK.TEST" >"$WORK/usernames"
SAMBA_LINES="username map = $WORK/usernames"
samba_start ours
# The same person for the KDC, for smbd and for us.
kdc_kadmin "addprinc -pw Winter-2026 carol" >/dev/null
useradd -M -s /bin/false carol
printf 'Winter-2026\nWinter-2026\n' | smbpasswd -c "$WORK/smb.conf" -s -a carol >/dev/null
sed 's/client use kerberos = off/client use kerberos = desired/' "$WORK/client.conf" >"$WORK/raw.conf"
penstock_start "[limits]
security_contexts = 8
[security]
anonymous = yes
keytab = FILE:$KDC/pentest.keytab
realm = PENSTOCK.TEST"
"$PENSTOCK" user add carol --accounts "$WORK/state/accounts.db" --password-stdin <<<Winter-2026 ||
	echo "no user"
raw() {
	count "the raw protocol suite" env SERVER=127.0.0.1 TARGET_HOSTNAME=pentest USERNAME=carol \
		PASSWORD=Winter-2026 DOMAIN=PENTEST REALM=PENSTOCK.TEST SMB_CONF_PATH="$WORK/raw.conf" \
		MAX_NUM_AUTH=8 /usr/bin/python3 "$PEERS/raw_protocol.py" "$@"
}
raw ${RAW_TESTS:-all}
penstock_stop
kdc_stop
finish
