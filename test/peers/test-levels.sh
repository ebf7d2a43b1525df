#!/bin/bash
# smbtorture's echo in each combination of level, mechanism and encoding, over TCP and
# over a pipe that smbd carries: what is signed and sealed comes back as it was sent.
. "$PEERS/samba.sh"
. "$PEERS/kdc.sh"
. "$PEERS/penstock.sh"

kdc_start
kdc_service host/pentest aes256-cts-hmac-sha1-96
kdc_kadmin "addprinc -pw Winter-2026 carol" >/dev/null
echo "127.0.0.1 pentest" >>/etc/hosts
samba_start ours 2>/dev/null
useradd -M -s /bin/false carol
printf 'Winter-2026\nWinter-2026\n' | smbpasswd -c "$WORK/smb.conf" -s -a carol >/dev/null
sed 's/client use kerberos = off/client use kerberos = desired/' "$WORK/client.conf" >"$WORK/krb5.conf.smb"
penstock_start "[security]
keytab = FILE:$KDC/pentest.keytab
realm = PENSTOCK.TEST"
"$PENSTOCK" user add carol --accounts "$WORK/state/accounts.db" --password-stdin <<<Winter-2026 >/dev/null

# Each of echo's tests that does not only wait.
echoes() { # BINDING OPTIONS-OF-SMBTORTURE...
	local binding=$1
	shift
	timeout 60 smbtorture -s "$WORK/krb5.conf.smb" --format=subunit --basedir="$WORK/tmp" \
		--option=torture:progress=no "$@" "$binding" rpc.echo.echo.{addone,sinkdata,echodata,sourcedata,testcall,testcall2,enum,surrounding,doublepointer} \
		>"$WORK/echoes" 2>&1
	grep -c '^success:' "$WORK/echoes"
}
combinations() { # TRANSPORT:HOST LEVELS MECHANISMS OPTIONS...
	local place=$1 levels=$2 mechanisms=$3 level mechanism encoding
	shift 3
	for level in $levels; do
		for mechanism in $mechanisms; do
			for encoding in "" ,bigendian ,ndr64; do
				expect "$place[$level,$mechanism$encoding]" '^9$' \
					echoes "$place[$level,$mechanism$encoding]" "$@"
				[ "$failed" = 0 ] || tail -5 "$WORK/echoes"
			done
		done
	done
}
combinations ncacn_ip_tcp:pentest "connect packet sign seal" "ntlm spnego" \
	-W PENTEST -U carol%Winter-2026 --use-kerberos=off
combinations ncacn_ip_tcp:pentest "connect packet sign seal" "krb5 spnego" \
	-U carol@PENSTOCK.TEST%Winter-2026 --use-kerberos=required
combinations ncacn_np:pentest "sign seal" "ntlm spnego" -W PENTEST -U carol%Winter-2026 --use-kerberos=off
penstock_stop
kdc_stop
finish
