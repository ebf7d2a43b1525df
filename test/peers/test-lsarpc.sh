#!/bin/bash
# The local security authority behind a real smbd: rpcclient and impacket look up names
# and SIDs, ask for the policy, and change rights and secrets as an administrator, and are
# refused otherwise. Over TCP no policy is opened.
. "$PEERS/samba.sh"
. "$PEERS/penstock.sh"
. "$PEERS/capture.sh"
. "$PEERS/lsa.sh"
penstock_start
samba_start ours 2>/dev/null
capture_start

rpc() { # WHO COMMAND
	local who=$1%$1pw
	[ "$1" = nobody ] && who=%
	rpcclient -s "$WORK/client.conf" -U "$who" 127.0.0.1 -c "$2"
}

lsa_commands "pipe"
expect "impacket's lookupsid" 'PENTEST.Administrator \(SidTypeUser\)' /usr/bin/python3 \
	/usr/share/doc/python3-impacket/examples/lookupsid.py admin:adminpw@127.0.0.1 600
expect "impacket's machine_role" 'Standalone Server|StandaloneServer' /usr/bin/python3 \
	/usr/share/doc/python3-impacket/examples/machine_role.py admin:adminpw@127.0.0.1
expect "no policy over TCP" 'NT_STATUS_ACCESS_DENIED|NT_STATUS_RPC_PROTSEQ_NOT_SUPPORTED' rpcclient -s "$WORK/client.conf" \
	-U % ncacn_ip_tcp:127.0.0.1 -c lsaquery
capture_stop 60

# tshark 4.0 calls sound answers of LsarQuerySecret malformed; Samba reads them.
check "a secret is made" rpc admin 'createsecret G$one'
expect "once" 'NT_STATUS_OBJECT_NAME_COLLISION' rpc admin 'createsecret g$ONE'
check "and set" rpc admin 'setsecret G$one two'
expect "and read" 'two' rpc admin 'querysecret G$one'
check "and deleted" rpc admin 'deletesecret G$one'
expect "and gone" 'NT_STATUS_OBJECT_NAME_NOT_FOUND' rpc admin 'querysecret G$one'
check "private data is kept" rpc admin 'storeprivatedata three four'
expect "and read again" 'four' rpc admin 'retrieveprivatedata three'
expect "private data there is not" 'NT_STATUS_OBJECT_NAME_NOT_FOUND' rpc admin 'retrieveprivatedata five'
expect "a plain user reads none" 'NT_STATUS_ACCESS_DENIED' rpc user 'retrieveprivatedata three'
expect "nor makes any" 'NT_STATUS_ACCESS_DENIED' rpc user 'createsecret G$mine'
expect "secrets of the machine are for itself" 'NT_STATUS_ACCESS_DENIED' rpc admin 'createsecret L$ours'
penstock_stop
finish
