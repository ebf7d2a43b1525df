# kdc.sh: to be sourced inside a sandbox, after samba.sh. A private MIT KDC on
# loopback for two realms that know nothing of each other, PENSTOCK.TEST and
# OTHER.TEST, with all of its files in $WORK/kdc.
#
#	kdc_start; kdc_stop
#	kdc_service host/name TYPE    a service with keys of that type alone, and its
#	                              keytab $WORK/kdc/NAME.keytab
#	kdc_people PASSWORD NAME...   more users, and their tickets in $WORK/kdc/NAME.ccache
#	kdc_smbd                      smbd's own services on pentest, and SAMBA_LINES for
#	                              samba_start
#	kdc_kadmin COMMAND            in PENSTOCK.TEST; kdc_kadmin_other in OTHER.TEST
#	kdc_conf FILE [LINES]         another krb5.conf with more lines of [libdefaults]
#
# The user is alice@PENSTOCK.TEST with the password alicepw, and so in OTHER.TEST.

KDC=$WORK/kdc
export KRB5_CONFIG=$KDC/krb5.conf KRB5_KDC_PROFILE=$KDC/kdc.conf
export KRB5CCNAME=FILE:$KDC/no-such-ccache KRB5_KTNAME=FILE:$KDC/no-such-keytab
export KRB5_CLIENT_KTNAME=FILE:$KDC/no-such-keytab

kdc_conf() { # FILE [LINES]
	cat >"$1" <<CONF
[libdefaults]
	default_realm = PENSTOCK.TEST
	dns_lookup_realm = false
	dns_lookup_kdc = false
	dns_canonicalize_hostname = false
	rdns = false
	forwardable = true
	${2-}
[realms]
	PENSTOCK.TEST = {
		kdc = 127.0.0.1:10088
	}
	OTHER.TEST = {
		kdc = 127.0.0.1:10089
	}
CONF
}

kdc_kadmin() { kadmin.local -r PENSTOCK.TEST -q "$1"; }
kdc_kadmin_other() { kadmin.local -r OTHER.TEST -q "$1"; }

kdc_start() {
	local realm port=10088
	mkdir -p "$KDC"
	kdc_conf "$KRB5_CONFIG"
	echo "[realms]" >"$KRB5_KDC_PROFILE"
	for realm in PENSTOCK.TEST OTHER.TEST; do
		cat >>"$KRB5_KDC_PROFILE" <<CONF
	$realm = {
		database_name = $KDC/$realm.db
		key_stash_file = $KDC/$realm.stash
		acl_file = $KDC/acl
		kdc_listen = 127.0.0.1:$port
		kdc_tcp_listen = 127.0.0.1:$port
		max_life = 10h
		default_principal_flags = +preauth
		max_renewable_life = 0
		supported_enctypes = aes256-cts-hmac-sha1-96:normal aes128-cts-hmac-sha1-96:normal aes256-cts-hmac-sha384-192:normal aes128-cts-hmac-sha256-128:normal arcfour-hmac:normal
	}
CONF
		kdb5_util -r $realm create -s -P masterpw >"$KDC/create.log" 2>&1 || cat "$KDC/create.log"
		kadmin.local -r $realm -q "addprinc -pw alicepw alice" >>"$KDC/create.log" 2>&1
		port=$((port + 1))
	done
	# RC4 session keys are asked for by name alone, in new and in patched versions.
	kdc_conf "$KDC/kdc-krb5.conf" "allow_rc4 = true"
	KRB5_CONFIG=$KDC/kdc-krb5.conf krb5kdc -n -r PENSTOCK.TEST -r OTHER.TEST >"$KDC/log" 2>&1 &
	KDC_PID=$!
	wait_for "krb5kdc" bash -c ': </dev/tcp/127.0.0.1/10088 && : </dev/tcp/127.0.0.1/10089'
}

kdc_stop() {
	kill -TERM "$KDC_PID"
	wait "$KDC_PID"
}

kdc_service() { # PRINCIPAL TYPE
	kdc_kadmin "addprinc -randkey -e $2:normal $1" >>"$KDC/create.log" 2>&1
	kdc_kadmin "ktadd -k $KDC/${1#*/}.keytab -norandkey $1" >>"$KDC/create.log" 2>&1
}

kdc_people() { # PASSWORD NAME...
	local password=$1 name
	shift
	for name in "$@"; do
		kdc_kadmin "addprinc -pw $password $name" >>"$KDC/create.log" 2>&1
		printf '%s\n' "$password" | kinit -c "FILE:$KDC/$name.ccache" "$name@PENSTOCK.TEST" >/dev/null
	done
}

# A Samba that stands alone refuses a ticket with a PAC, and MIT's KDC puts one into each
# that is not marked so.
kdc_smbd() {
	kdc_kadmin "addprinc -randkey +no_auth_data_required cifs/pentest" >>"$KDC/create.log" 2>&1
	kdc_kadmin "ktadd -k $KDC/smbd.keytab -norandkey cifs/pentest" >>"$KDC/create.log" 2>&1
	SAMBA_LINES="realm = PENSTOCK.TEST
	kerberos method = dedicated keytab
	dedicated keytab file = $KDC/smbd.keytab"
}
