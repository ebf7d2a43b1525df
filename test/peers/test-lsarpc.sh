#!/bin/bash
# The local security authority behind a real smbd: rpcclient and impacket look up names
# and SIDs, ask for the policy, and change rights and secrets as an administrator, and are
# refused otherwise. Over TCP no policy is opened.
. "$PEERS/samba.sh"
. "$PEERS/penstock.sh"
. "$PEERS/capture.sh"
penstock_start
samba_start ours 2>/dev/null
capture_start

rpc() { # USER COMMAND
	rpcclient -s "$WORK/client.conf" -U "$1" 127.0.0.1 -c "$2"
}
admin=admin%adminpw user=user%userpw

expect "the workgroup" 'Domain Name: TESTGROUP' rpc $admin lsaquery
expect "which has no SID" 'Domain Sid: \(NULL SID\)' rpc $admin lsaquery
expect "lsaquery of our accounts' domain" 'Domain Name: PENTEST' rpc $admin 'lsaquery 5'
sid=$(rpc $admin 'lsaquery 5' | sed -n 's/^Domain Sid: //p')
expect "the domain in DNS" 'Domain NetBios Name: TESTGROUP' rpc $admin 'lsaquery 12'
expect "dsroledominfo" 'Machine Role = \[2\]' rpc $admin dsroledominfo

for pair in "S-1-1-0|Everyone \\(5\\)" "S-1-5-18|NT AUTHORITY\\\\SYSTEM \\(5\\)" \
	"S-1-5-32|BUILTIN \\(3\\)" "S-1-5-32-544|BUILTIN\\\\Administrators \\(4\\)" \
	"$sid|PENTEST \\(3\\)" "$sid-500|PENTEST\\\\Administrator \\(1\\)" \
	"$sid-513|PENTEST\\\\Domain Users \\(2\\)" "S-1-16-12288|Mandatory Label\\\\High Mandatory Level"; do
	expect "the name of ${pair%%|*}" "${pair#*|}" rpc $user "lookupsids ${pair%%|*}"
done
expect "a rid that nobody has" '[*]unknown[*] \(8\)' rpc $admin "lookupsids $sid-1999"
expect "some and others" 'STATUS_SOME_UNMAPPED|\*unknown\*|S-1-5-21-1-2-3-4' rpc $admin "lookupsids S-1-1-0 S-1-5-21-1-2-3-4"
expect "none at all" '[*]unknown[*] \(8\)' rpc $admin "lookupsids S-1-5-21-1-2-3-4"
expect "lookupsids_level 1" 'Everyone' rpc $admin "lookupsids_level 1 S-1-1-0"
expect "level 2 knows accounts alone" '[*]unknown[*] \(8\)' rpc $admin "lookupsids_level 2 S-1-1-0"

while IFS='|' read -r name pattern; do
	expect "the SID of $name" "$pattern" rpc $user "lookupnames '$name'"
done <<PAIRS
Everyone|S-1-1-0
Administrators|S-1-5-32-544
BUILTIN\\Administrators|S-1-5-32-544
NT AUTHORITY\\SYSTEM|S-1-5-18
Administrator|$sid-500
pentest\\ADMINISTRATOR|$sid-500
Administrator@PENTEST|$sid-500
PENTEST|$sid \\(Domain: 3\\)
BUILTIN|S-1-5-32 \\(Domain: 3\\)
OTHER\\Administrator|NT_STATUS_NONE_MAPPED
nobody at all|NT_STATUS_NONE_MAPPED
PAIRS
expect "names by level" 'S-1-1-0' rpc $admin "lookupnames_level 1 Everyone"
expect "names with whole SIDs" "S-1-1-0" rpc $admin "lookupnames4 Everyone; lookupnames Everyone"
expect "getusername of a stranger to us" 'Account Name: admin, Authority Name: PENTEST' rpc $admin getusername
expect "getusername of nobody" 'Account Name: ANONYMOUS LOGON, Authority Name: NT AUTHORITY' rpc % getusername
expect "nobody looks up nothing" 'NT_STATUS_ACCESS_DENIED' rpc % 'lookupsids S-1-1-0'

expect "enumprivs" 'SeTakeOwnershipPrivilege.*0:9 \(0x0:0x9\)' rpc $admin enumprivs
expect "one privilege" 'SeBackupPrivilege.*->.*Back up files' rpc $admin 'getdispname SeBackupPrivilege'
expect "its number" '0:17 \(0x0:0x11\)' rpc $admin 'lsalookupprivvalue SeBackupPrivilege'
expect "no such privilege" 'NT_STATUS_NO_SUCH_PRIVILEGE' rpc $admin 'lsalookupprivvalue SeNothingPrivilege'
expect "who has rights" 'S-1-5-32-551' rpc $admin lsaenumsid
expect "an account's rights" 'SeRestorePrivilege' rpc $admin 'lsaenumacctrights S-1-5-32-551'
expect "its privileges" '^0[[:space:]]+17[[:space:]]' rpc $admin 'lsaenumprivsaccount S-1-5-32-551'
check "rights are added" rpc $admin 'lsaaddacctrights S-1-5-4 SeShutdownPrivilege SeBatchLogonRight'
expect "and are there" 'SeBatchLogonRight' rpc $admin 'lsaenumacctrights S-1-5-4'
check "and removed" rpc $admin 'lsaremoveacctrights S-1-5-4 SeShutdownPrivilege SeBatchLogonRight'
expect "with the account" 'NT_STATUS_OBJECT_NAME_NOT_FOUND' rpc $admin 'lsaenumacctrights S-1-5-4'
expect "a right there is not" 'NT_STATUS_NO_SUCH_PRIVILEGE' rpc $admin 'lsaaddacctrights S-1-5-4 SeNothingRight'
expect "a plain user adds none" 'NT_STATUS_ACCESS_DENIED' rpc $user 'lsaaddacctrights S-1-5-4 SeShutdownPrivilege'
expect "nor sees any" 'NT_STATUS_ACCESS_DENIED' rpc $user 'lsaenumacctrights S-1-5-32-551'
expect "the policy's descriptor" 'S-1-5-32-544' rpc $admin 'lsaquerysecobj'

expect "no trusts" 'NT_STATUS_NO_MORE_ENTRIES|^$' rpc $admin enumtrust
expect "impacket's lookupsid" 'PENTEST.Administrator \(SidTypeUser\)' /usr/bin/python3 \
	/usr/share/doc/python3-impacket/examples/lookupsid.py admin:adminpw@127.0.0.1 600
expect "impacket's machine_role" 'Standalone Server|StandaloneServer' /usr/bin/python3 \
	/usr/share/doc/python3-impacket/examples/machine_role.py admin:adminpw@127.0.0.1
expect "no policy over TCP" 'NT_STATUS_ACCESS_DENIED|NT_STATUS_RPC_PROTSEQ_NOT_SUPPORTED' rpcclient -s "$WORK/client.conf" \
	-U % ncacn_ip_tcp:127.0.0.1 -c lsaquery
capture_stop 60

# tshark 4.0 calls sound answers of LsarQuerySecret malformed; Samba reads them.
check "a secret is made" rpc $admin 'createsecret G$one'
expect "once" 'NT_STATUS_OBJECT_NAME_COLLISION' rpc $admin 'createsecret g$ONE'
check "and set" rpc $admin 'setsecret G$one two'
expect "and read" 'two' rpc $admin 'querysecret G$one'
check "and deleted" rpc $admin 'deletesecret G$one'
expect "and gone" 'NT_STATUS_OBJECT_NAME_NOT_FOUND' rpc $admin 'querysecret G$one'
check "private data is kept" rpc $admin 'storeprivatedata three four'
expect "and read again" 'four' rpc $admin 'retrieveprivatedata three'
expect "private data there is not" 'NT_STATUS_OBJECT_NAME_NOT_FOUND' rpc $admin 'retrieveprivatedata five'
expect "a plain user reads none" 'NT_STATUS_ACCESS_DENIED' rpc $user 'retrieveprivatedata three'
expect "nor makes any" 'NT_STATUS_ACCESS_DENIED' rpc $user 'createsecret G$mine'
expect "secrets of the machine are for itself" 'NT_STATUS_ACCESS_DENIED' rpc $admin 'createsecret L$ours'
penstock_stop
finish
