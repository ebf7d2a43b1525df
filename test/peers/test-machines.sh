#!/bin/bash
# smbtorture's suites that join a machine first: netlogon, schannel, samr's of passwords
# and machines. What they join is called as their workgroup is, so our server is; the
# machine comes to pipes as a guest, since smbd has accounts of its own. Results as in
# test-torture.sh; those with "+weak" are of a server that takes old machines too.
. "$PEERS/samba.sh"
. "$PEERS/penstock.sh"
. "$PEERS/torture.sh"
SAMBA_LINES="server min protocol = NT1"
NAMED_AS_WORKGROUP="[server]
workgroup = PENTEST"
accounts=$WORK/state/accounts.db
account() { check "$*" "$PENSTOCK" "$@" --accounts "$accounts"; }
penstock_start "$NAMED_AS_WORKGROUP"
samba_start ours 2>/dev/null
# smb1 for rpc.join and rpc.authcontext; guests cannot sign.
cat >>"$WORK/client.conf" <<CONF
	client min protocol = NT1
	client signing = off
	client ipc signing = off
CONF
account user add boss --password-stdin <<<Winter-2026
account group add-member Administrators boss
account policy set --lockout-threshold 0
check "a share" "$PENSTOCK" share add docs "$WORK/tmp"
useradd -M -s /bin/false -G penadmins boss
printf 'Winter-2026\nWinter-2026\n' | smbpasswd -c "$WORK/smb.conf" -s -a boss >/dev/null
NETLOGON="rpc.netlogon rpc.netlogon-s3 rpc.netlogon.admin rpc.netlogon.zerologon rpc.schannel rpc.schannel2"
SAMBA3="bind getaliasmembership-0 getusername lsa lsa_over_netlogon netlogon pipes_supported_interfaces
	randomauth2 sessionkey sharesec smb-reauth1 smb-reauth2 smb1-pipe-name smb2-pipe-name smb2-reauth1
	smb2-reauth2 srvsvc"
np() { torture ncacn_np:127.0.0.1 boss%Winter-2026 "$@"; }
tcp() { torture 'ncacn_ip_tcp:127.0.0.1[sign]' boss%Winter-2026 "$@"; }
weak() { sed -E 's/ (ncacn_[a-z_]+) / \1+weak /'; }
{
	np rpc.join rpc.authcontext rpc.schannel_anon_setpw rpc.lsalookup rpc.samsync rpc.samlogon \
		rpc.samr.users.privileges rpc.samr.passwords.badpwdcount rpc.samr.passwords.validate rpc.samr.large-dc \
		$NETLOGON $(printf 'rpc.samba3.%s ' $SAMBA3)
	np rpc.scanner rpc.countcalls
	tcp rpc.samr.machine.auth rpc.lsalookup $NETLOGON
	torture 'ncacn_ip_tcp:127.0.0.1[seal]' boss%Winter-2026 rpc.samr.passwords.validate
	tcp rpc.scanner rpc.countcalls
} >"$WORK/torture.seen"
penstock_stop
penstock_start "$NAMED_AS_WORKGROUP
[security]
netlogon_weak = yes
netlogon_unsealed = yes"
{
	np $NETLOGON rpc.samlogon
	tcp $NETLOGON
} | weak >>"$WORK/torture.seen"
torture_judge machines.expected
penstock_stop

finish
