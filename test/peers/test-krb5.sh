#!/bin/bash
# Kerberos through a private MIT KDC: both sides of the mechanism prove each other with
# keys of each type and from each kind of credentials, talk, and refuse what is broken;
# each failure has its sentence.
. "$PEERS/samba.sh"
. "$PEERS/penstock.sh"
. "$PEERS/kdc.sh"
LIVE=$BUILD/test/peers/krb5-live
kdc_start

talk() { # NAME KEY=VALUE...
	local name=$1
	shift
	count "$name" "$LIVE" talk "$@"
}
refuse() { # NAME PATTERN KEY=VALUE...
	local name=$1 pattern=$2
	shift 2
	expect "$name" "$pattern" "$LIVE" refuse "$@"
}


alice="user=alice@PENSTOCK.TEST password=alicepw"
aes256="target=host/aes256 keytab=FILE:$KDC/aes256.keytab"

# Keys of each type; RC4 only where both sides allow it.
kdc_service host/aes256 aes256-cts-hmac-sha1-96
kdc_service host/aes128 aes128-cts-hmac-sha1-96
kdc_service host/sha384 aes256-cts-hmac-sha384-192
kdc_service host/sha256 aes128-cts-hmac-sha256-128
kdc_service host/rc4 arcfour-hmac
only() { # CONF TYPE
	kdc_conf "$KDC/$1.conf" "permitted_enctypes = $2"
	export KRB5_CONFIG=$KDC/$1.conf
}
bytes() { # NAME PATTERN KEY=VALUE...: the line that says what was agreed on
	local name=$1 pattern=$2
	shift 2
	expect "$name" "$pattern" "$LIVE" talk "$@"
}
for name in aes256:aes256-cts-hmac-sha1-96 aes128:aes128-cts-hmac-sha1-96 \
	sha384:aes256-cts-hmac-sha384-192 sha256:aes128-cts-hmac-sha256-128; do
	only "${name%:*}" "${name#*:}"
	talk "${name#*:}" $alice target=host/"${name%:*}" keytab=FILE:"$KDC/${name%:*}.keytab"
done
only sha384 aes256-cts-hmac-sha384-192
bytes "sizes of aes256-sha2" 'key of 32 bytes, signatures of 40 and 88' \
	$alice target=host/sha384 keytab=FILE:"$KDC/sha384.keytab"
only aes128 aes128-cts-hmac-sha1-96
bytes "sizes of aes128" 'key of 16 bytes, signatures of 28 and 76' \
	$alice target=host/aes128 keytab=FILE:"$KDC/aes128.keytab"
only rc4 arcfour-hmac
rc4="target=host/rc4 keytab=FILE:$KDC/rc4.keytab"
talk "rc4" $alice $rc4 weak=1 client_weak=1
bytes "sizes of rc4" 'key of 16 bytes, signatures of 37 and 45' $alice $rc4 weak=1 client_weak=1
refuse "rc4 at a server without it" '^server: .* RC4, and only AES is allowed' $alice $rc4 client_weak=1
export KRB5_CONFIG=$KDC/krb5.conf
kdc_service host/rc4-session arcfour-hmac
kdc_kadmin "setstr host/rc4-session session_enctypes arcfour-hmac" >>"$KDC/create.log" 2>&1
refuse "rc4 at a client without it" '^client: there is no kind of key' $alice target=host/rc4-session weak=1 \
	keytab=FILE:"$KDC/rc4-session.keytab"
talk "a service with an RC4 key, and AES between" $alice $rc4
bytes "which is stronger" 'signatures of 28 and 76' $alice $rc4

# Inside SPNEGO.
talk "negotiated" $alice $aes256 spnego=1
refuse "negotiated with a wrong password" 'the password is wrong' \
	user=alice@PENSTOCK.TEST password=no $aes256 spnego=1

# Another's Kerberos, which shares no line with the library: its tokens and its messages.
for name in aes256:aes256-cts-hmac-sha1-96 aes128:aes128-cts-hmac-sha1-96 rc4:arcfour-hmac; do
	only "${name%:*}" "${name#*:}"
	name=${name%:*}
	printf 'alicepw\n' | kinit -c "FILE:$KDC/$name.ccache" alice@PENSTOCK.TEST >/dev/null
	check "a ticket for host/$name" kvno -c "FILE:$KDC/$name.ccache" host/$name
	count "impacket with $name" /usr/bin/python3 "$PEERS/session_krb5.py" "$BUILD/test/peers/krb5-serve" \
		FILE:"$KDC/$name.keytab" "$KDC/$name.ccache" host/$name@PENSTOCK.TEST
done
export KRB5_CONFIG=$KDC/krb5.conf

# Levels.
talk "at level integrity" $alice $aes256 level=5
talk "at level packet" $alice $aes256 level=4
talk "at level connect" $alice $aes256 level=2

# Credentials of each kind, never from nor into the process's environment.
kinit_as() { # CCACHE OPTION...
	local ccache=$1
	shift
	printf 'alicepw\n' | kinit -c "$ccache" "$@" alice@PENSTOCK.TEST >/dev/null
}
kinit_as "FILE:$KDC/alice.ccache"
kdc_kadmin "ktadd -k $KDC/alice.keytab -norandkey alice" >>"$KDC/create.log" 2>&1
talk "a user with the realm in lower case" user=alice@penstock.test password=alicepw $aes256
talk "a user without realm" user=alice password=alicepw $aes256
talk "a ccache" ccache=FILE:"$KDC/alice.ccache" $aes256
talk "a keytab" client_keytab=FILE:"$KDC/alice.keytab" $aes256
talk "a keytab and a principal" client_keytab=FILE:"$KDC/alice.keytab" \
	principal=alice@PENSTOCK.TEST $aes256
check "no ticket was put into the process's own ccache" [ ! -e "$KDC/no-such-ccache" ]
export KRB5CCNAME=FILE:$KDC/alice.ccache
talk "the process's own ccache" $aes256
export KRB5CCNAME=FILE:$KDC/no-such-ccache
talk "a server of one principal" $alice $aes256 service=host/aes256@PENSTOCK.TEST

# Many at a time.
count "threads with a password" "$LIVE" threads $alice $aes256
count "threads with a ccache" "$LIVE" threads ccache=FILE:"$KDC/alice.ccache" $aes256
count "threads with a keytab" "$LIVE" threads client_keytab=FILE:"$KDC/alice.keytab" $aes256

# Delegation: the client's ticket for more tickets goes along.
token_size() { "$LIVE" talk "$@" level=2 | sed -n 's/^first token of \([0-9]*\) bytes/\1/p'; }
talk "delegation" $alice $aes256 delegate=1
check "which is a larger token" [ "$(token_size $alice $aes256 delegate=1)" -gt \
	$(($(token_size $alice $aes256) + 500)) ]

# Channel bindings.
talk "the same channel" $alice $aes256 channel=tls-server-end-point:x client_channel=tls-server-end-point:x
refuse "another channel" '^server: the client spoke through another channel' \
	$alice $aes256 channel=tls-server-end-point:x client_channel=tls-server-end-point:y
talk "no channel, where it need not be said" $alice $aes256 channel=tls-server-end-point:x
refuse "no channel, where it must be said" '^server: the client has no channel bindings, and must' \
	$alice $aes256 channel=tls-server-end-point:x bound=1
talk "the same channel, where it must be said" $alice $aes256 bound=1 \
	channel=tls-server-end-point:x client_channel=tls-server-end-point:x
talk "no channel where the server has none" $alice $aes256 bound=1

# Who the client is.
refuse "no PAC and no mapping" '^server: the ticket of alice@PENSTOCK.TEST has no PAC to say' $alice $aes256 nomap=1
refuse "a mapping that does not know the user" '^server: alice@PENSTOCK.TEST is nobody here' \
	$alice $aes256 only=bob@PENSTOCK.TEST

# Each refusal has its sentence.
refuse "a wrong password" '^client: the password is wrong' user=alice@PENSTOCK.TEST password=no $aes256
refuse "an unknown user" '^client: the KDC does not know the user' user=nobody@PENSTOCK.TEST password=no $aes256
refuse "an unknown service" '^client: the KDC does not know the server' $alice target=host/none \
	keytab=FILE:"$KDC/aes256.keytab"
refuse "no target" "^client: Kerberos needs to know the server's name" $alice keytab=FILE:"$KDC/aes256.keytab"
refuse "anonymous" '^client: nobody has no Kerberos ticket' anonymous=1 $aes256
refuse "an NT hash" '^client: an NT hash gets no Kerberos ticket' hash=1 $aes256
refuse "no ticket" '^client: there is no ticket: get one with kinit' ccache=FILE:"$KDC/none.ccache" $aes256
refuse "no ticket in the process's own ccache" '^client: there is no ticket' $aes256
refuse "no client keytab" '^client: .*keytab' client_keytab=FILE:"$KDC/none.keytab" $aes256
refuse "a realm that nobody knows" '^client: no KDC is known for the realm' \
	user=alice@NOWHERE.TEST password=alicepw $aes256
refuse "a user of another realm" '^client: the KDC does not know the server' \
	user=alice@OTHER.TEST password=alicepw $aes256
refuse "a user of another realm, and the server's realm" '^client: ' \
	user=alice@OTHER.TEST password=alicepw target=host/aes256@PENSTOCK.TEST keytab=FILE:"$KDC/aes256.keytab"
kdc_kadmin_other "addprinc -randkey host/aes256" >>"$KDC/create.log" 2>&1
kdc_kadmin_other "ktadd -k $KDC/other.keytab -norandkey host/aes256" >>"$KDC/create.log" 2>&1
refuse "a ticket of another realm than the keytab's" '^server: the keytab has no entry' \
	$alice target=host/aes256 keytab=FILE:"$KDC/other.keytab"
refuse "no keytab" '^server: the keytab is not there' $alice target=host/aes256 keytab=FILE:"$KDC/none.keytab"
refuse "no default keytab" '^server: the keytab is not there' $alice target=host/aes256
refuse "a keytab of another service" '^server: the keytab has no entry' $alice target=host/aes256 \
	keytab=FILE:"$KDC/aes128.keytab"
# The library loses a name there, which is not our leak.
ASAN_OPTIONS=detect_leaks=0 refuse "a server of a principal without a key" '^server: .* has no key for the server' \
	$alice $aes256 service=host/aes128@PENSTOCK.TEST
kdc_service host/new aes256-cts-hmac-sha1-96
kdc_kadmin "cpw -randkey -e aes256-cts-hmac-sha1-96:normal host/new" >>"$KDC/create.log" 2>&1
refuse "a keytab older than the key" '^server: the ticket was not made for the keys' $alice target=host/new \
	keytab=FILE:"$KDC/new.keytab"
kdc_service host/again aes256-cts-hmac-sha1-96
kdc_kadmin "delprinc -force host/again" >>"$KDC/create.log" 2>&1
kdc_kadmin "addprinc -randkey -e aes256-cts-hmac-sha1-96:normal host/again" >>"$KDC/create.log" 2>&1
refuse "another key of the same number" '^server: the ticket was not made for the keys' $alice \
	target=host/again keytab=FILE:"$KDC/again.keytab"
# The first byte, and some of what is encrypted.
for offset in 0 200 400; do
	refuse "a ticket with byte $offset changed" '^server: ' $alice $aes256 swap=$offset
done

# Time.
kinit_as "FILE:$KDC/short.ccache" -l 2s
kdc_conf "$KDC/strict.conf" "clockskew = 1"
export KRB5_CONFIG=$KDC/strict.conf
refuse "clocks too far apart" '^server: the clocks of client and server are too far apart' $alice $aes256 wait=3
refuse "an expired ticket at the client" '^client: the ticket has expired: get a new one' \
	ccache=FILE:"$KDC/short.ccache" $aes256
kinit_as "FILE:$KDC/late.ccache" -l 3s
refuse "an expired ticket at the server" "^server: the client's ticket has expired" ccache=FILE:"$KDC/late.ccache" $aes256 wait=5
kinit_as "FILE:$KDC/later.ccache" -l 3s
talk "a conversation outlives its ticket" ccache=FILE:"$KDC/later.ccache" $aes256 pause=5
export KRB5_CONFIG=$KDC/krb5.conf
refuse "a replayed ticket" '^server: the ticket was presented twice' $alice $aes256 replay=1 \
	rcache=file2:"$KDC/rcache"
kdc_stop
refuse "no KDC" '^client: no KDC of the realm answers' $alice $aes256
finish
