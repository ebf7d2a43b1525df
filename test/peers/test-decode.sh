#!/bin/bash
# What penstock decode says of recorded calls: ours, rpcclient's, impacket's and Samba's client's,
# over TCP and over pipes that smbd carries, sealed by each mechanism; held against what was
# called, and its count of PDUs against tshark's.
. "$PEERS/samba.sh"
. "$PEERS/penstock.sh"
. "$PEERS/kdc.sh"
. "$PEERS/capture.sh"
kdc_start
kdc_service host/pentest aes256-cts-hmac-sha1-96
kdc_service host/rc4 arcfour-hmac
kdc_kadmin "ktadd -k $KDC/pentest.keytab -norandkey host/rc4" >>"$KDC/create.log" 2>&1
echo "127.0.0.1 rc4" >>/etc/hosts
kdc_people alicepw admin
kdc_conf "$KDC/weak.conf" "permitted_enctypes = aes256-cts-hmac-sha1-96 arcfour-hmac"
samba_start ours 2>/dev/null
sed 's/client use kerberos = off/client use kerberos = desired/' "$WORK/client.conf" >"$WORK/kerberos.conf"
account() { "$PENSTOCK" "$@" --accounts "$WORK/state/accounts.db" --password-stdin >>"$WORK/accounts.log" 2>&1; }
keys=$WORK/keys ours=$WORK/our-keys
KRB5_CONFIG=$KDC/weak.conf penstock_start "[security]
keytab = FILE:$KDC/pentest.keytab
realm = PENSTOCK.TEST
krb5_weak = yes
netlogon_weak = yes
keylog = $keys"
account user add admin <<<Only-ours-1
account user add alice <<<Al1cePassw0rd
account user add eve --disable <<<Ev3Passw0rd
account user add joe <<<First-pass-1
account machine add member <<<M4chine-Secret-1
"$PENSTOCK" group add-member Administrators admin --accounts "$WORK/state/accounts.db" >>"$WORK/accounts.log" 2>&1
(umask 077 && echo Only-ours-1 >"$WORK/password")
"$PENSTOCK" endpoints --json 127.0.0.1 >"$WORK/endpoints"

capture_start
# ---- ours
by_password="-U PENTEST\\admin --password-file $WORK/password"
by_ticket="--ccache FILE:$KDC/admin.ccache"
number=1000
for who in "$by_password" "$by_ticket"; do
	for level in packet integrity privacy; do
		for mech in spnego "$([ "$who" = "$by_ticket" ] && echo krb5 || echo ntlm)"; do
			number=$((number + 1))
			expect "$mech, $level" "\"out_data\": $((number + 1))" "$PENSTOCK" call $who --mech $mech --level $level \
				--keylog "$ours" ncacn_ip_tcp:pentest rpcecho.echo_AddOne "{\"in_data\": $number}"
		done
	done
done
for level in integrity privacy; do
	number=$((number + 1))
	expect "RC4, $level" "\"out_data\": $((number + 1))" env KRB5_CONFIG="$KDC/weak.conf" "$PENSTOCK" call $by_ticket --weak \
		--mech krb5 --level $level --keylog "$ours" ncacn_ip_tcp:rc4 rpcecho.echo_AddOne "{\"in_data\": $number}"
done
last=$number
check "fragments" "$PENSTOCK" call $by_password --keylog "$ours" ncacn_ip_tcp:pentest rpcecho.echo_SourceData '{"len": 20000}'
# ---- others
rpc() { rpcclient -s "$WORK/client.conf" "$@"; }
expect "rpcclient over TCP, by NTLM" 'user:\[alice\]' rpc -U admin%Only-ours-1 'ncacn_ip_tcp:pentest[seal]' -c enumdomusers
expect "by Kerberos" 'user:\[alice\]' env KRB5CCNAME="$KDC/admin.ccache" rpcclient -s "$WORK/kerberos.conf" \
	--use-kerberos=required -N 'ncacn_ip_tcp:pentest[krb5,seal]' -c enumdomusers
check "through smbd" rpc -U user%userpw 127.0.0.1 -c 'netremotetod'
expect "and sealed" 'user:\[alice\]' rpc -U admin%adminpw 'ncacn_np:pentest' -c enumdomusers
check "through smbd, encrypted" rpc -U user%userpw --client-protection=encrypt 127.0.0.1 -c 'netremotetod'
count "impacket over TCP" /usr/bin/python3 "$PEERS/samr_impacket.py" pentest admin Only-ours-1 joe First-pass-1 tcp
count "impacket through smbd" /usr/bin/python3 "$PEERS/session_impacket.py" plain 'ncacn_np:127.0.0.1[\pipe\srvsvc]' user userpw
count "netlogon by Samba's client" /usr/bin/python3 "$PEERS/netlogon_samba.py" "$WORK/client.conf" member M4chine-Secret-1
# Not capture_stop: tshark finds malformed what it does not know of netlogon.
sleep 0.5
kill -INT "$CAPTURE_PID"
wait "$CAPTURE_PID"
decode() { "$PENSTOCK" decode --json "$@" "$WORK/capture.pcapng"; }
decode --keylog "$keys" >"$WORK/decoded" 2>"$WORK/decode.log"
check "all of it reads" [ $? = 0 ]
expect_not "without a word" . cat "$WORK/decode.log"
n=$(tshark -n -r "$WORK/capture.pcapng" -o tcp.try_heuristic_first:true -T fields -e dcerpc.cn_frag_len 2>/dev/null |
	tr ',' '\n' | grep -c .)
check "tshark counts as many PDUs, $n" [ "$n" = "$(grep -c '"rpc_vers"' "$WORK/decoded")" ]
count "what was called" /usr/bin/python3 "$PEERS/decoded.py" "$WORK/decoded" 1001 "$last"
decode --keylog "$ours" --interface rpcecho >"$WORK/decoded-ours"
check "the client's log reads it too" [ $? = 0 ]
check "and tells the same" diff <(grep '"operation":"rpcecho' "$WORK/decoded") <(grep '"operation":"rpcecho' "$WORK/decoded-ours")
expect_not "of other interfaces nothing is told" '"interface":"(samr|srvsvc|epm)"' cat "$WORK/decoded-ours"
decode >"$WORK/sealed"
check "without keys it reads too" [ $? = 0 ]
expect_not "but nothing is verified" '"protection":"(verified|refused)"' cat "$WORK/sealed"
check "one operation alone" [ "$(decode --keylog "$keys" --call rpcecho.echo_AddOne | grep -c '"operation"')" = $((2 * (last - 1000))) ]
check "one port alone" [ "$(decode --address :135 | grep -c '"operation":"epm.ept_map"')" -gt 8 ]
expect_not "and no other" ':445"' decode --address :135
sed 's/key=./key=0/; s/key=0\(.\)/key=\1\1/' "$keys" >"$WORK/wrong-keys"
expect "other keys are refused" 'could not be verified with the key log' decode --keylog "$WORK/wrong-keys"
head -c 20000 "$WORK/capture.pcapng" >"$WORK/cut.pcapng"
expect "a file that was cut" 'the capture ends within the record at byte [0-9]+' "$PENSTOCK" decode "$WORK/cut.pcapng"
for format in pcap nsecpcap pcapng; do
	editcap -F $format "$WORK/capture.pcapng" "$WORK/other.$format"
	check "as $format" diff <("$PENSTOCK" decode --json --keylog "$keys" "$WORK/other.$format") "$WORK/decoded"
done
penstock_stop
kdc_stop
finish
