# lsa.sh: to be sourced inside a sandbox, after penstock.sh. The commands of rpcclient that
# look up names and SIDs, read the policy and change rights, as who is who to smbd. The
# test says how they are carried, as samr.sh has it:
#
#	rpc WHO COMMAND    as admin, an administrator, as user, or as nobody

lsa_commands() { # HOW
	local how=$1 sid pair name pattern
	expect "$how: the workgroup" 'Domain Name: TESTGROUP' rpc admin lsaquery
	expect "$how: which has no SID" 'Domain Sid: \(NULL SID\)' rpc admin lsaquery
	expect "$how: lsaquery of our accounts' domain" 'Domain Name: PENTEST' rpc admin 'lsaquery 5'
	sid=$(rpc admin 'lsaquery 5' | sed -n 's/^Domain Sid: //p')
	expect "$how: the domain in DNS" 'Domain NetBios Name: TESTGROUP' rpc admin 'lsaquery 12'
	expect "$how: dsroledominfo" 'Machine Role = \[2\]' rpc admin dsroledominfo

	for pair in "S-1-1-0|Everyone \\(5\\)" "S-1-5-18|NT AUTHORITY\\\\SYSTEM \\(5\\)" \
		"S-1-5-32|BUILTIN \\(3\\)" "S-1-5-32-544|BUILTIN\\\\Administrators \\(4\\)" \
		"$sid|PENTEST \\(3\\)" "$sid-500|PENTEST\\\\Administrator \\(1\\)" \
		"$sid-513|PENTEST\\\\Domain Users \\(2\\)" "S-1-16-12288|Mandatory Label\\\\High Mandatory Level"; do
		expect "$how: the name of ${pair%%|*}" "${pair#*|}" rpc user "lookupsids ${pair%%|*}"
	done
	expect "$how: a rid that nobody has" '[*]unknown[*] \(8\)' rpc admin "lookupsids $sid-1999"
	expect "$how: some and others" 'STATUS_SOME_UNMAPPED|\*unknown\*|S-1-5-21-1-2-3-4' rpc admin "lookupsids S-1-1-0 S-1-5-21-1-2-3-4"
	expect "$how: none at all" '[*]unknown[*] \(8\)' rpc admin "lookupsids S-1-5-21-1-2-3-4"
	expect "$how: lookupsids_level 1" 'Everyone' rpc admin "lookupsids_level 1 S-1-1-0"
	expect "$how: level 2 knows accounts alone" '[*]unknown[*] \(8\)' rpc admin "lookupsids_level 2 S-1-1-0"

	while IFS='|' read -r name pattern; do
		expect "$how: the SID of $name" "$pattern" rpc user "lookupnames '$name'"
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
	expect "$how: names by level" 'S-1-1-0' rpc admin "lookupnames_level 1 Everyone"
	expect "$how: names with whole SIDs" "S-1-1-0" rpc admin "lookupnames4 Everyone; lookupnames Everyone"
	expect "$how: getusername of a stranger to us" 'Account Name: admin, Authority Name: (PENTEST|TESTGROUP)' rpc admin getusername
	expect "$how: getusername of nobody" 'Account Name: ANONYMOUS LOGON, Authority Name: NT AUTHORITY' rpc nobody getusername
	expect "$how: nobody looks up nothing" 'NT_STATUS_ACCESS_DENIED' rpc nobody 'lookupsids S-1-1-0'

	expect "$how: enumprivs" 'SeTakeOwnershipPrivilege.*0:9 \(0x0:0x9\)' rpc admin enumprivs
	expect "$how: one privilege" 'SeBackupPrivilege.*->.*Back up files' rpc admin 'getdispname SeBackupPrivilege'
	expect "$how: its number" '0:17 \(0x0:0x11\)' rpc admin 'lsalookupprivvalue SeBackupPrivilege'
	expect "$how: no such privilege" 'NT_STATUS_NO_SUCH_PRIVILEGE' rpc admin 'lsalookupprivvalue SeNothingPrivilege'
	expect "$how: who has rights" 'S-1-5-32-551' rpc admin lsaenumsid
	expect "$how: an account's rights" 'SeRestorePrivilege' rpc admin 'lsaenumacctrights S-1-5-32-551'
	expect "$how: its privileges" '^0[[:space:]]+17[[:space:]]' rpc admin 'lsaenumprivsaccount S-1-5-32-551'
	check "$how: an account" rpc admin 'lsacreateaccount S-1-5-3'
	check "$how: a privilege for it" rpc admin 'lsaaddpriv S-1-5-3 SeShutdownPrivilege'
	expect "$how: which it has" '^0[[:space:]]+19[[:space:]]' rpc admin 'lsaenumprivsaccount S-1-5-3'
	check "$how: and has no more" rpc admin 'lsadelpriv S-1-5-3 SeShutdownPrivilege'
	expect "$how: lookups without a handle are netlogon's" 'NT_STATUS_ACCESS_DENIED' rpc admin 'lookupsids3 S-1-1-0'
	check "$how: rights are added" rpc admin 'lsaaddacctrights S-1-5-4 SeShutdownPrivilege SeBatchLogonRight'
	expect "$how: and are there" 'SeBatchLogonRight' rpc admin 'lsaenumacctrights S-1-5-4'
	check "$how: and removed" rpc admin 'lsaremoveacctrights S-1-5-4 SeShutdownPrivilege SeBatchLogonRight'
	expect "$how: with the account" 'NT_STATUS_OBJECT_NAME_NOT_FOUND' rpc admin 'lsaenumacctrights S-1-5-4'
	expect "$how: a right there is not" 'NT_STATUS_NO_SUCH_PRIVILEGE' rpc admin 'lsaaddacctrights S-1-5-4 SeNothingRight'
	expect "$how: a plain user adds none" 'NT_STATUS_ACCESS_DENIED' rpc user 'lsaaddacctrights S-1-5-4 SeShutdownPrivilege'
	expect "$how: nor sees any" 'NT_STATUS_ACCESS_DENIED' rpc user 'lsaenumacctrights S-1-5-32-551'
	expect "$how: the policy's descriptor" 'S-1-5-32-544' rpc admin 'lsaquerysecobj'

	expect "$how: no trusts" 'NT_STATUS_NO_MORE_ENTRIES|^$' rpc admin enumtrust
}
