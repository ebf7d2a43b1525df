#!/bin/bash
# samr to Samba's clients and to impacket, over a pipe that smbd carries: users, groups
# and aliases come, change and go; passwords are set and changed in each form.
. "$PEERS/samba.sh"
. "$PEERS/penstock.sh"
. "$PEERS/samr.sh"
penstock_start
samba_start ours 2>/dev/null

rpc() { # WHO COMMAND
	local who=$1%$1pw
	[ "$1" = nobody ] && who=%
	rpcclient -s "$WORK/client.conf" -U "$who" 127.0.0.1 -c "$2"
}

samr_commands "pipe"

# Samba's net and smbpasswd, whose user must be smbd's too, with that password.
check "a user as smbd has one" rpc admin 'createdomuser user'
check "with the same password" rpc admin 'setuserinfo2 user 18 userpw'
check "who is enabled" "$PENSTOCK" user --accounts "$WORK/state/accounts.db" set user --enable
smb_passwd() { # USER OLD NEW
	printf '%s\n%s\n%s\n' "$2" "$3" "$3" | smbpasswd -c "$WORK/client.conf" -s -r 127.0.0.1 -U "$1"
}
check "smbpasswd -r" smb_passwd user userpw Changed-by-tool1
net_rpc() { net -s "$WORK/client.conf" rpc -S 127.0.0.1 -U admin%adminpw "$@"; }
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
check "deletedomuser" rpc admin 'deletedomuser joe'
expect_not "and he is gone" 'joe' rpc admin enumdomusers

# By people whom both smbd and we know, sealed under NTLM on a pipe too; and over TCP.
check "a plain user of ours" "$PENSTOCK" user --accounts "$WORK/state/accounts.db" add plain \
	--password-stdin <<<Winter-2026
for name in boss plain; do
	useradd -M -s /bin/false $name
	printf 'Winter-2026\nWinter-2026\n' | smbpasswd -c "$WORK/smb.conf" -s -a $name >/dev/null
done
rpc() { # WHO COMMAND
	case $1 in
	admin) rpcclient -s "$WORK/client.conf" -U boss%Winter-2026 "$place[seal]" -c "$2" ;;
	user) rpcclient -s "$WORK/client.conf" -U plain%Winter-2026 "$place[seal]" -c "$2" ;;
	*) rpcclient -s "$WORK/client.conf" -U % "$place" -c "$2" ;;
	esac
}
for place in ncacn_np:127.0.0.1 ncacn_ip_tcp:127.0.0.1; do
	samr_commands "sealed, $place"
	check "joe goes again" rpc admin 'deletedomuser joe'
done
penstock_stop
finish
