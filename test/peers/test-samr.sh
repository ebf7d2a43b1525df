#!/bin/bash
# samr to Samba's clients and to impacket, over a pipe that smbd carries: users, groups
# and aliases come, change and go; passwords are set and changed in each form.
. "$PEERS/samba.sh"
. "$PEERS/penstock.sh"
penstock_start
samba_start ours 2>/dev/null

rpc() { # USER COMMAND
	rpcclient -s "$WORK/client.conf" -U "$1" 127.0.0.1 -c "$2"
}
admin=admin%adminpw user=user%userpw

# Whom there is.
expect "enumdomains" 'name:\[PENTEST\]' rpc $admin enumdomains
expect "and Builtin" 'name:\[Builtin\]' rpc $admin enumdomains
expect "enumdomusers" 'user:\[Administrator\] rid:\[0x1f4\]' rpc $admin enumdomusers
expect "a plain user may look" 'user:\[Guest\] rid:\[0x1f5\]' rpc $user enumdomusers
expect "nobody may not" 'NT_STATUS_ACCESS_DENIED' rpc % enumdomusers
expect "enumdomgroups" 'group:\[Domain Users\] rid:\[0x201\]' rpc $admin enumdomgroups
expect "enumalsgroups builtin" 'group:\[Administrators\] rid:\[0x220\]' rpc $admin 'enumalsgroups builtin'
expect "querydominfo 1" 'Minimum password length:[[:space:]]*7' rpc $admin 'querydominfo 1'
for level in 2 3 4 5 6 7 8 9 11 12 13; do
	check "querydominfo $level" rpc $user "querydominfo $level"
done
expect "getdompwinfo" 'min_password_length: 7' rpc $user getdompwinfo

# A user's life.
expect "a plain user creates none" 'NT_STATUS_ACCESS_DENIED' rpc $user 'createdomuser eve'
check "createdomuser" rpc $admin 'createdomuser joe'
expect "only once" 'NT_STATUS_USER_EXISTS' rpc $admin 'createdomuser JOE'
expect "samlookupnames" 'name joe: 0x3e8 \(1\)' rpc $admin 'samlookupnames domain joe'
expect "samlookuprids" 'rid 0x3e8: joe \(1\)' rpc $admin 'samlookuprids domain 0x3e8'
expect "queryuser" 'User Name[[:space:]]*:[[:space:]]*joe' rpc $admin 'queryuser joe'
for level in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 16 17 20 21; do
	check "queryuser $level" rpc $admin "queryuser joe $level"
done
# rpcclient sets a password at these levels and those of a hash; 31 and 32 are python's.
for level in 18 21 23 24 25 26; do
	check "setuserinfo2 $level" rpc $admin "setuserinfo2 joe $level Password-$level-x"
	check "setuserinfo $level" rpc $admin "setuserinfo joe $level Password-$level-y"
done
check "a password for him" rpc $admin 'setuserinfo2 joe 24 Now-enabled1'
expect "a plain user sets no password" 'NT_STATUS_ACCESS_DENIED' rpc $user 'setuserinfo2 joe 24 Password-of-eve1'
expect "a short one is refused" 'NT_STATUS_PASSWORD_RESTRICTION' rpc $admin 'setuserinfo2 joe 24 x'
check "the account is enabled" "$PENSTOCK" user --accounts "$WORK/state/accounts.db" set joe --enable
expect "queryusergroups" 'group rid:\[0x201\]' rpc $admin 'queryusergroups 0x3e8'
expect "queryuseraliases" 'alias|^$' rpc $admin 'queryuseraliases builtin S-1-5-32-544'
expect "querydispinfo" 'Account: joe' rpc $admin querydispinfo
for level in 1 2 3 4 5; do
	check "querydispinfo $level" rpc $admin "querydispinfo $level"
	check "querydispinfo3 $level" rpc $admin "querydispinfo3 $level"
done
check "getdispinfoidx" rpc $admin 'getdispinfoidx joe 1'
expect "getusrdompwinfo" 'min_password_length *: 0x0007' rpc $admin 'getusrdompwinfo 0x3e8'
check "querysecobj of the user" rpc $admin 'querysecobj 0x3e8'
check "querysecobj of the domain" rpc $admin 'querysecobj'

# Passwords, by those who know them. smbpasswd's user must be smbd's too, with that password.
check "a user as smbd has one" rpc $admin 'createdomuser user'
check "with the same password" rpc $admin 'setuserinfo2 user 18 userpw'
check "who is enabled" "$PENSTOCK" user --accounts "$WORK/state/accounts.db" set user --enable
smb_passwd() { # USER OLD NEW
	printf '%s\n%s\n%s\n' "$2" "$3" "$3" | smbpasswd -c "$WORK/client.conf" -s -r 127.0.0.1 -U "$1"
}
check "chgpasswd" rpc $admin 'chgpasswd joe Now-enabled1 Changed-first1'
expect "chgpasswd wants the old one" 'NT_STATUS_WRONG_PASSWORD' rpc $admin 'chgpasswd joe Now-enabled1 Changed-other1'
check "chgpasswd2" rpc $admin 'chgpasswd2 joe Changed-first1 Changed-second2'
check "chgpasswd3" rpc $admin 'chgpasswd3 joe Changed-second2 Changed-third3'
check "smbpasswd -r" smb_passwd user userpw Changed-by-tool1
expect "chgpasswd3 and the policy" 'NT_STATUS_PASSWORD_RESTRICTION' \
	rpc $admin 'chgpasswd3 joe Changed-third3 x'

# Groups and aliases.
check "createdomgroup" rpc $admin 'createdomgroup crew'
expect "querygroup" 'Group Name:[[:space:]]*crew' rpc $admin 'querygroup 0x3ea'
check "createdomalias" rpc $admin 'createdomalias local'
expect "enumalsgroups domain" 'group:\[local\]' rpc $admin 'enumalsgroups domain'
check "querygroupmem" rpc $admin 'querygroupmem 0x201'
expect "queryaliasmem" 'sid:\[S-1-5-21-' rpc $admin 'queryaliasmem builtin 544'
check "deletedomgroup" rpc $admin 'deletedomgroup crew'
expect "a built-in group stays" 'NT_STATUS_SPECIAL_ACCOUNT' rpc $admin 'deletedomgroup "Domain Users"'

# Samba's net and smbpasswd.
net_rpc() { net -s "$WORK/client.conf" rpc -S 127.0.0.1 -U $admin "$@"; }
expect "net rpc user" '^joe' net_rpc user
check "net rpc user add" net_rpc user add ann Secret-words1
expect "net rpc user info" 'Domain Users' net_rpc user info ann
check "net rpc group add" net_rpc group add team
check "net rpc group addmem" net_rpc group addmem team ann
expect "net rpc group members" 'ann' net_rpc group members team
check "net rpc group delmem" net_rpc group delmem team ann
check "net rpc group delete" net_rpc group delete team
check "net rpc user password" net_rpc user password ann Secret-words2
check "net rpc user delete" net_rpc user delete ann
expect_not "and she is gone" '^ann' net_rpc user

count "impacket" /usr/bin/python3 "$PEERS/samr_impacket.py" 127.0.0.1 admin adminpw joe Changed-third3
count "Samba's bindings" /usr/bin/python3 "$PEERS/samr_samba.py" "$WORK/client.conf" 127.0.0.1 admin adminpw

# The same over TCP, where callers prove themselves to us.
tcp() { # LEVEL COMMAND
	rpcclient -s "$WORK/client.conf" -U "${3-boss%Winter-2026}" "ncacn_ip_tcp:127.0.0.1[$1]" -c "$2"
}
check "an administrator of ours" "$PENSTOCK" user --accounts "$WORK/state/accounts.db" add boss \
	--password-stdin <<<Winter-2026
check "is one" "$PENSTOCK" group --accounts "$WORK/state/accounts.db" add-member Administrators boss
for level in sign seal; do
	expect "enumdomusers, $level" 'user:\[joe\]' tcp $level enumdomusers
	for info in 18 23 24 25 26; do
		check "setuserinfo2 $info, $level" tcp $level "setuserinfo2 joe $info Over-tcp-$info-$level"
	done
	check "chgpasswd3, $level" tcp $level "chgpasswd3 joe Over-tcp-26-$level Changed-by-$level"
done
expect "not unsigned" 'NT_STATUS_ACCESS_DENIED' tcp connect enumdomusers
expect "nor as nobody" 'NT_STATUS_ACCESS_DENIED' tcp connect enumdomusers %
count "impacket over TCP" /usr/bin/python3 "$PEERS/samr_impacket.py" 127.0.0.1 boss Winter-2026 joe Changed-by-seal tcp

expect "samrdump" 'joe' /usr/bin/python3 \
	/usr/share/doc/python3-impacket/examples/samrdump.py admin:adminpw@127.0.0.1
check "deletedomuser" rpc $admin 'deletedomuser joe'
expect_not "and he is gone" 'joe' rpc $admin enumdomusers
penstock_stop
finish
