# samr.sh: to be sourced inside a sandbox, after penstock.sh. The commands of rpcclient that
# look at users, groups and aliases, make, change and delete them, and set and change
# passwords in each form. The test says how they are carried:
#
#	rpc WHO COMMAND    as admin, an administrator, as user, or as nobody
#
# They leave a user joe, who is enabled, with the password Changed-third3.

samr_rid() { # NAME
	rpc admin "samlookupnames domain $1" | sed -n 's/^name .*: \(0x[0-9a-f]*\) .*/\1/p'
}

samr_commands() { # HOW
	local how=$1 level rid
	# Whom there is.
	expect "$how: enumdomains" 'name:\[PENTEST\]' rpc admin enumdomains
	expect "$how: and Builtin" 'name:\[Builtin\]' rpc admin enumdomains
	expect "$how: enumdomusers" 'user:\[Administrator\] rid:\[0x1f4\]' rpc admin enumdomusers
	expect "$how: a plain user may look" 'user:\[Guest\] rid:\[0x1f5\]' rpc user enumdomusers
	expect "$how: nobody may not" 'NT_STATUS_ACCESS_DENIED' rpc nobody enumdomusers
	expect "$how: enumdomgroups" 'group:\[Domain Users\] rid:\[0x201\]' rpc admin enumdomgroups
	expect "$how: enumalsgroups builtin" 'group:\[Administrators\] rid:\[0x220\]' rpc admin 'enumalsgroups builtin'
	expect "$how: querydominfo 1" 'Minimum password length:[[:space:]]*7' rpc admin 'querydominfo 1'
	for level in 2 3 4 5 6 7 8 9 11 12 13; do
		check "$how: querydominfo $level" rpc user "querydominfo $level"
	done
	expect "$how: lookupdomain" 'Domain Name: PENTEST Domain SID: S-1-5-21-' rpc admin 'lookupdomain PENTEST'
	expect "$how: samquerysecobj" 'SID: S-1-5-32-544' rpc admin samquerysecobj
	expect "$how: getdompwinfo" 'min_password_length: 7' rpc user getdompwinfo

	# A user's life.
	expect "$how: a plain user creates none" 'NT_STATUS_ACCESS_DENIED' rpc user 'createdomuser eve'
	check "$how: createdomuser" rpc admin 'createdomuser joe'
	expect "$how: only once" 'NT_STATUS_USER_EXISTS' rpc admin 'createdomuser JOE'
	expect "$how: samlookupnames" 'name joe: 0x3[0-9a-f]+ \(1\)' rpc admin 'samlookupnames domain joe'
	rid=$(samr_rid joe)
	expect "$how: samlookuprids" "rid $rid: joe \\(1\\)" rpc admin "samlookuprids domain $rid"
	expect "$how: queryuser" 'User Name[[:space:]]*:[[:space:]]*joe' rpc admin 'queryuser joe'
	for level in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 16 17 20 21; do
		check "$how: queryuser $level" rpc admin "queryuser joe $level"
	done
	# rpcclient sets a password at these levels and those of a hash; 31 and 32 are python's.
	for level in 18 21 23 24 25 26; do
		check "$how: setuserinfo2 $level" rpc admin "setuserinfo2 joe $level Password-$level-x"
		check "$how: setuserinfo $level" rpc admin "setuserinfo joe $level Password-$level-y"
	done
	check "$how: a password for him" rpc admin 'setuserinfo2 joe 24 Now-enabled1'
	expect "$how: a plain user sets no password" 'NT_STATUS_ACCESS_DENIED' rpc user 'setuserinfo2 joe 24 Password-of-eve1'
	expect "$how: a short one is refused" 'NT_STATUS_PASSWORD_RESTRICTION' rpc admin 'setuserinfo2 joe 24 x'
	check "$how: the account is enabled" "$PENSTOCK" user --accounts "$WORK/state/accounts.db" set joe --enable
	expect "$how: queryusergroups" 'group rid:\[0x201\]' rpc admin "queryusergroups $rid"
	expect "$how: queryuseraliases" 'alias|^$' rpc admin 'queryuseraliases builtin S-1-5-32-544'
	expect "$how: querydispinfo" 'Account: joe' rpc admin querydispinfo
	for level in 1 2 3 4 5; do
		check "$how: querydispinfo $level" rpc admin "querydispinfo $level"
		check "$how: querydispinfo2 $level" rpc admin "querydispinfo2 $level"
		check "$how: querydispinfo3 $level" rpc admin "querydispinfo3 $level"
	done
	check "$how: getdispinfoidx" rpc admin 'getdispinfoidx joe 1'
	expect "$how: getusrdompwinfo" 'min_password_length *: 0x0007' rpc admin "getusrdompwinfo $rid"
	check "$how: querysecobj of the user" rpc admin "querysecobj $rid"
	check "$how: querysecobj of the domain" rpc admin 'querysecobj'

	# Passwords, by those who know them.
	check "$how: chgpasswd" rpc admin 'chgpasswd joe Now-enabled1 Changed-first1'
	expect "$how: chgpasswd wants the old one" 'NT_STATUS_WRONG_PASSWORD' rpc admin 'chgpasswd joe Now-enabled1 Changed-other1'
	check "$how: chgpasswd2" rpc admin 'chgpasswd2 joe Changed-first1 Changed-second2'
	# Which may be a million rounds of SHA-512; rpcclient's patience is ten seconds.
	check "$how: chgpasswd4" rpc admin 'timeout 300000; chgpasswd4 joe Changed-second2 Changed-by-aes2'
	check "$how: chgpasswd3" rpc admin 'chgpasswd3 joe Changed-by-aes2 Changed-third3'
	expect "$how: chgpasswd3 and the policy" 'NT_STATUS_PASSWORD_RESTRICTION' \
		rpc admin 'chgpasswd3 joe Changed-third3 x'

	# Groups and aliases.
	check "$how: createdomgroup" rpc admin 'createdomgroup crew'
	expect "$how: querygroup" 'Group Name:[[:space:]]*crew' rpc admin "querygroup $(samr_rid crew)"
	check "$how: createdomalias" rpc admin 'createdomalias local'
	expect "$how: enumalsgroups domain" 'group:\[local\]' rpc admin 'enumalsgroups domain'
	check "$how: querygroupmem" rpc admin 'querygroupmem 0x201'
	expect "$how: queryaliasmem" 'sid:\[S-1-5-21-' rpc admin 'queryaliasmem builtin 544'
	for level in 1 2 3 4; do
		check "$how: querygroup $level" rpc admin "querygroup 0x201 $level"
	done
	check "$how: deletealias" rpc admin "deletealias domain $(($(samr_rid local)))"
	expect_not "$how: and it is gone" 'group:\[local\]' rpc admin 'enumalsgroups domain'
	check "$how: deletedomgroup" rpc admin 'deletedomgroup crew'
	expect "$how: a built-in group stays" 'NT_STATUS_SPECIAL_ACCOUNT' rpc admin 'deletedomgroup "Domain Users"'
}
