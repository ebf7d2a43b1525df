#!/bin/bash
# Kerberos tickets of a real domain: a Samba domain controller says who its users are and
# what groups they are in, and so does our token.
. "$PEERS/samba.sh"
. "$PEERS/penstock.sh"
. "$PEERS/dc.sh"
LIVE=$BUILD/test/peers/krb5-live
dc_start
dc_service files
dc_tool user create alice Al1cePassw0rd >>"$DC/tool.log" 2>&1
dc_tool group add staff >>"$DC/tool.log" 2>&1
dc_tool group add readers --group-scope=Domain >>"$DC/tool.log" 2>&1
for group in staff readers; do dc_tool group addmembers $group alice >>"$DC/tool.log" 2>&1; done

sid_of() { # user|group NAME
	dc_tool "$1" show "$2" --attributes=objectSid | sed -n 's/^objectSid: //p'
}
# What the token of the last client says.
whoami() { # USER PASSWORD
	seen=$("$LIVE" talk user="$1@AD.TEST" password="$2" target=host/files \
		keytab=FILE:"$DC/files.keytab" nomap=1 level=2 2>&1)
}
says() { # NAME PATTERN
	expect "$1" "$2" printf '%s\n' "$seen"
}

count "a user of the domain" "$LIVE" talk user=alice@AD.TEST password=Al1cePassw0rd target=host/files \
	keytab=FILE:"$DC/files.keytab" nomap=1
whoami alice Al1cePassw0rd
domain=$(sid_of group "Domain Users")
domain=${domain%-*}
says "by its SID and its names" "^client is $(sid_of user alice), alice of AD with 8 SIDs"
says "in its primary group" "^in $domain-513\$"
says "in a global group" "^in $(sid_of group staff)\$"
says "in a group of the domain's resources" "^in $(sid_of group readers)\$"
says "known by its own password" "^in S-1-18-1\$"
says "and authenticated here" "^in S-1-5-11\$"
whoami Administrator Adm1nPassw0rd
says "the domain's administrator" "^client is $domain-500, Administrator of AD"
says "in the domain's administrators" "^in $domain-512\$"
expect_not "and not of this machine's for the domain's word" '^in S-1-5-32-544$' printf '%s\n' "$seen"
whoami alice wrong
says "a wrong password" 'the password is wrong'
dc_stop
finish
