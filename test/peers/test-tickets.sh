#!/bin/bash
# Tickets that will not do, at our daemon: expired, from a clock that is wrong, of another
# realm, shown twice, or of a key that is not the server's or of a kind it does not take.
# Client and daemon each say in a sentence what it was, and nobody gets in.
. "$PEERS/samba.sh"
. "$PEERS/penstock.sh"
. "$PEERS/kdc.sh"
kdc_start
kdc_service host/pentest aes256-cts-hmac-sha1-96
kdc_service host/weak arcfour-hmac
kdc_kadmin "ktadd -k $KDC/pentest.keytab -norandkey host/weak" >>"$KDC/create.log" 2>&1
kdc_service host/new aes256-cts-hmac-sha1-96
kdc_kadmin "ktadd -k $KDC/pentest.keytab -norandkey host/new" >>"$KDC/create.log" 2>&1
kdc_kadmin_other "addprinc -randkey host/pentest" >>"$KDC/create.log" 2>&1
echo "127.0.0.1 pentest weak new" >>/etc/hosts
samba_conf ours >"$WORK/smb.conf"
sed 's/client use kerberos = off/client use kerberos = desired/' "$WORK/client.conf" >"$WORK/kerberos.conf"
export KRB5RCACHENAME=file2:$WORK/rcache
serve() {
	penstock_start "[security]
keytab = FILE:$KDC/pentest.keytab
realm = PENSTOCK.TEST"
}
serve
check "an account" "$PENSTOCK" user add alice --accounts "$WORK/state/accounts.db" --password-stdin <<<Only-ours-1

# In a realm that PENSTOCK.TEST trusts, an alice who is another.
for realm in PENSTOCK.TEST OTHER.TEST; do
	kadmin.local -r $realm -q "addprinc -pw between krbtgt/PENSTOCK.TEST@OTHER.TEST" >>"$KDC/create.log" 2>&1
done

get() { # NAME SERVICE [PRINCIPAL] [OPTION-OF-KINIT...]
	local ccache=$KDC/$1.ccache
	printf 'alicepw\n' | kinit -c "FILE:$ccache" "${@:4}" "${3-alice@PENSTOCK.TEST}" >/dev/null
	check "a ticket $1" kvno -c "FILE:$ccache" "$2"
}
ours() { # NAME MECH SERVICE
	"$PENSTOCK" call --ccache "FILE:$KDC/$1.ccache" --weak --mech "$2" --target "$3" ncacn_ip_tcp:127.0.0.1 \
		rpcecho.echo_AddOne '{"in_data": 41}'
}
rpc() { # NAME HOST
	KRB5CCNAME=$KDC/$1.ccache rpcclient -s "$WORK/kerberos.conf" --use-kerberos=required -N \
		"ncacn_ip_tcp:$2[krb5,seal]" -c enumdomusers
}
# Who says what: our client, by Kerberos alone and by SPNEGO, then Samba's, which gets in nowhere.
# No SERVER-PATTERN: the client does not come to the daemon at all.
refused() { # WHAT NAME CLIENT-PATTERN SERVER-PATTERN [SERVICE]
	local mech service=${5-host/pentest}
	for mech in krb5 spnego; do
		log_mark
		expect "$1, $mech: our client" "$3" ours "$2" $mech "$service"
		expect_not "$1, $mech: nobody gets in" out_data ours "$2" $mech "$service"
		[ -z "$4" ] || expect "$1, $mech: the daemon" "$4" log_since
	done
	# Samba's may have a key of AES made where the ticket's is of RC4, and then may come in.
	[ "$2" = weak ] || expect_not "$1: rpcclient" 'user:' rpc "$2" "$(sed 's,.*/,,; s,@.*,,' <<<"$service")"
}
say_no='the server refuses bind .*do the clocks agree, is the ticket still good and shown once'
# Where the last leg of the proof fails, which has no answer.
say_later='the server refuses our proof|or the server did not take the proof of who it is'

get good host/pentest
for mech in krb5 spnego; do
	expect "a good ticket, $mech" '"out_data": 42' ours good $mech host/pentest
done
expect "a good ticket, rpcclient" 'user:\[alice\]' rpc good pentest

# Whoever uses the ticket takes our clock for wrong.
shift_clock() { # SECONDS FROM TO
	/usr/bin/python3 "$PEERS/ticket.py" shift "$1" "$KDC/$2.ccache" "$KDC/$3.ccache"
}
shift_clock 3600 good fast
refused "a clock that is fast" fast "$say_no" 'the clocks of client and server are too far apart'
shift_clock -36000 good slow
refused "a clock that is slow" slow 'the ticket is not valid yet: are both clocks right' ''

# Shown twice.
log_mark
replay() { /usr/bin/python3 "$PEERS/ticket.py" replay "$WORK/kerberos.conf" "$KDC/good.ccache" pentest 135; }
replay >"$WORK/replay"
expect "the first time" '^first bind_ack' cat "$WORK/replay"
expect "the second time" '^second bind_nak 9' cat "$WORK/replay"
expect "a replay: the daemon" 'bind: refused: krb5: the ticket was presented twice with one authenticator, which is a replay' log_since

# Of another realm: one that nobody trusts, a server of that name there, and one that is trusted.
get foreign host/pentest@OTHER.TEST alice@OTHER.TEST
refused "a server that the realm does not know" foreign 'the KDC does not know the server by that name' '' host/nobody@OTHER.TEST
refused "another realm's server of that name" foreign "$say_no" 'the keytab has no entry for the service' \
	host/pentest@OTHER.TEST
get trusted host/pentest@PENSTOCK.TEST alice@OTHER.TEST
refused "a user of a realm that is none of ours" trusted "$say_later" 'alice@OTHER.TEST is nobody here' \
	host/pentest@PENSTOCK.TEST

# By RC4, which is not allowed, and under a key that the keytab has not.
kdc_conf "$KDC/weak.conf" "permitted_enctypes = arcfour-hmac"
export KRB5_CONFIG=$KDC/weak.conf
get weak host/weak
refused "a key of RC4" weak "$say_later" 'the Kerberos key is of RC4, and only AES is allowed' host/weak
export KRB5_CONFIG=$KDC/krb5.conf
kdc_kadmin "cpw -randkey -e aes256-cts-hmac-sha1-96:normal host/new" >>"$KDC/create.log" 2>&1
get new host/new
refused "a newer key than the keytab's" new "$say_no" 'the ticket was not made for the keys in the keytab' host/new

# Expired, at the client; and at a daemon that is strict, from a client whose clock is slow.
get short host/pentest alice@PENSTOCK.TEST -l 10s
sleep 13
refused "an expired ticket, at the client" short 'the ticket has expired: get a new one' ''
penstock_stop
shift_clock -200 short late
kdc_conf "$KDC/strict.conf" "clockskew = 1"
KRB5_CONFIG=$KDC/strict.conf serve
refused "an expired ticket, at the daemon" late "$say_no" "the client's ticket has expired"
penstock_stop
kdc_stop
finish
