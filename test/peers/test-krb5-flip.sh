#!/bin/bash
# Every bit of conversations under Kerberos, from tokens to sealed answers: what somebody
# on the way changes is refused before it is delivered. With PEN_TEST_ALL=1 all bits, else
# every 23rd.
. "$PEERS/samba.sh"
. "$PEERS/penstock.sh"
. "$PEERS/kdc.sh"
kdc_start
flip() { # NAME TYPE
	kdc_service "host/$1" "$2"
	kdc_conf "$KDC/$1.conf" "permitted_enctypes = $2"
	export KRB5_CONFIG=$KDC/$1.conf
	printf 'alicepw\n' | kinit -c "FILE:$KDC/$1.ccache" alice@PENSTOCK.TEST >/dev/null
	check "a ticket for host/$1" kvno -c "FILE:$KDC/$1.ccache" "host/$1"
	check "each bit under $1" "$BUILD/test/peers/krb5-flip" "FILE:$KDC/$1.keytab" \
		"FILE:$KDC/$1.ccache" "host/$1"
	export KRB5_CONFIG=$KDC/krb5.conf
}
flip aes256 aes256-cts-hmac-sha1-96
flip sha256 aes128-cts-hmac-sha256-128
flip rc4 arcfour-hmac
kdc_stop
finish
