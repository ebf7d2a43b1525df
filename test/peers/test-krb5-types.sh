#!/bin/bash
# Kerberos by each kind of key through the whole stack, signed and sealed, in both roles:
# rpcclient, impacket and our client at our daemon; then our client at Samba's server. Who
# serves, or calls, permits the one kind alone, so that nothing else can have been meant.
. "$PEERS/samba.sh"
. "$PEERS/penstock.sh"
. "$PEERS/kdc.sh"
TYPES="aes256:aes256-cts-hmac-sha1-96 aes128:aes128-cts-hmac-sha1-96
	sha384:aes256-cts-hmac-sha384-192 sha256:aes128-cts-hmac-sha256-128 rc4:arcfour-hmac"
kdc_start
names=
for pair in $TYPES; do
	name=${pair%:*}
	kdc_service "host/$name" "${pair#*:}"
	# Samba refuses tickets with a PAC where it stands alone.
	kdc_kadmin "modprinc +no_auth_data_required host/$name" >>"$KDC/create.log" 2>&1
	names="$names $name"
done
echo "127.0.0.1 $names" >>/etc/hosts
kdc_smbd
samba_conf ours >"$WORK/smb.conf"
sed 's/client use kerberos = off/client use kerberos = desired/' "$WORK/client.conf" >"$WORK/kerberos.conf"
accounts=$WORK/state/accounts.db

by_ours() { # NAME MECH LEVEL
	"$PENSTOCK" call --explain --weak --mech "$2" --level "$3" --ccache "FILE:$KDC/$1.ccache" "ncacn_ip_tcp:$1" \
		rpcecho.echo_AddOne '{"in_data": 41}'
}
by_rpcclient() { # NAME MECH LEVEL
	KRB5CCNAME=$KDC/$1.ccache rpcclient -s "$WORK/kerberos.conf" --use-kerberos=required -N \
		"ncacn_ip_tcp:$1[$2,$3]" -c enumdomusers
}
# By AES with SHA-2 Samba 4.17 signs with 28 bytes, as by SHA-1, where 32 and 40 are due.
with_samba() { # NAME LEVEL
	[[ $1 = sha* ]] || echo "$2"
}
at_samba() { # NAME MECH LEVEL
	KRB5CCNAME=$KDC/$1.ccache "$BUILD/test/peers/client-live" "ncacn_ip_tcp:$1" "$2" "$3" samr weak
}

for pair in $TYPES; do
	name=${pair%:*} type=${pair#*:}
	kdc_conf "$KDC/$name.conf" "permitted_enctypes = $type"
	export KRB5_CONFIG=$KDC/$name.conf
	printf 'alicepw\n' | kinit -c "FILE:$KDC/$name.ccache" alice@PENSTOCK.TEST >/dev/null
	check "$name: a ticket" kvno -c "FILE:$KDC/$name.ccache" "host/$name"
	expect "$name: its kind" "Etype .skey, tkt.: (DEPRECATED:)?$type, (DEPRECATED:)?$type" klist -e -c "FILE:$KDC/$name.ccache"
	penstock_start "[security]
keytab = FILE:$KDC/$name.keytab
realm = PENSTOCK.TEST
krb5_weak = yes"
	for user in alice "imp-$name"; do
		"$PENSTOCK" user add "$user" --accounts "$accounts" --password-stdin <<<First-pass-1 >/dev/null 2>&1
	done
	"$PENSTOCK" group add-member Administrators alice --accounts "$accounts" >/dev/null 2>&1
	for mech in krb5 spnego; do
		for level in integrity privacy; do
			expect "$name, $mech, $level: our client" '"out_data": 42' by_ours "$name" $mech $level
			expect "$name, $mech, $level: as it was meant" "^protection: level $level, by krb5.*headers signed too" \
				by_ours "$name" $mech $level
		done
		for level in $(with_samba "$name" sign) seal; do
			expect "$name, $mech, $level: rpcclient" 'user:\[alice\]' by_rpcclient "$name" $mech $level
		done
	done
	case $name in sha*) ;; *) # which impacket has not
		count "$name: impacket" env KRB5CCNAME="$KDC/$name.ccache" /usr/bin/python3 "$PEERS/samr_impacket.py" \
			"$name" alice - "imp-$name" First-pass-1 tcp krb5 ;;
	esac
	penstock_stop
done

export KRB5_CONFIG=$KDC/krb5.conf
useradd -M -s /bin/false alice
printf 'x1yz-first\nx1yz-first\n' | smbpasswd -c "$WORK/smb.conf" -s -a alice >/dev/null
for name in $names; do
	kdc_kadmin "ktadd -k $KDC/smbd.keytab -norandkey host/$name" >>"$KDC/create.log" 2>&1
done
samba_start theirs 2>/dev/null
for pair in $TYPES; do
	name=${pair%:*}
	export KRB5_CONFIG=$KDC/$name.conf
	for mech in krb5 spnego; do
		for level in $(with_samba "$name" 5) 6; do
			expect "$name, $mech, $level: at Samba's server" "^mech krb5 level $level type [0-9]+ headers signed" \
				at_samba "$name" $mech $level
		done
	done
done
kdc_stop
finish
