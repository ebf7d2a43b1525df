#!/bin/bash
# A real smbd in front of us: Samba's own clients and impacket list and change our
# shares as an administrator, and are refused as [MS-SRVS] says otherwise.
. "$PEERS/samba.sh"
. "$PEERS/penstock.sh"
. "$PEERS/capture.sh"
penstock_start
samba_start ours
capture_start

rpc() { # USER COMMAND
	rpcclient -s "$WORK/client.conf" -U "$1" 127.0.0.1 -c "$2"
}
admin=admin%adminpw user=user%userpw

expect "srvinfo" 'platform_id *:[[:space:]]*500' rpc $admin srvinfo
expect "srvinfo names the server" 'PENTEST' rpc $admin srvinfo
check "netremotetod" rpc $user netremotetod
check "an administrator adds a share" rpc $admin 'netshareadd C:\\tmp first 100 "our first share"'
expect "and sees it" 'netname: first' rpc $admin netshareenumall
expect "with its remark" 'remark:.*our first share' rpc $admin netshareenumall
expect "with its path" 'path:.*C:\\tmp' rpc $admin netshareenumall
expect "netshareenum" 'netname: first' rpc $admin netshareenum
expect "netsharegetinfo" 'netname: first' rpc $admin 'netsharegetinfo first'
expect "netsharegetinfo at level 502" 'netname: first' rpc $admin 'netsharegetinfo first 502'
expect "netsharegetinfo of none" 'WERR_NERR_NETNAMENOTFOUND|NetNameNotFound' rpc $admin 'netsharegetinfo nothere'
expect "smbclient lists it to an administrator" '^[[:space:]]*first +Disk +our first share' \
	smbclient -s "$WORK/client.conf" -U $admin -L 127.0.0.1
expect "and to a plain user" '^[[:space:]]*first +Disk' smbclient -s "$WORK/client.conf" -U $user -L 127.0.0.1
expect "IPC\$ is there" 'IPC\$ +IPC' smbclient -s "$WORK/client.conf" -U $user -L 127.0.0.1
expect "anonymous gets the list" 'IPC\$ +IPC' smbclient -s "$WORK/client.conf" -U % -L 127.0.0.1
expect "a plain user adds none" 'WERR_ACCESS_DENIED' rpc $user 'netshareadd C:\\tmp second 100 x'
expect "a plain user deletes none" 'WERR_ACCESS_DENIED' rpc $user 'netsharedel first'
expect "a plain user sees no level 502" 'WERR_ACCESS_DENIED' rpc $user 'netsharegetinfo first 502'
expect "a plain user enumerates no level 2" 'WERR_ACCESS_DENIED' rpc $user netshareenumall
expect "nor does anonymous" 'WERR_ACCESS_DENIED' rpc % netshareenumall
check "an administrator deletes it" rpc $admin 'netsharedel first'
expect_not "and it is gone" 'first' smbclient -s "$WORK/client.conf" -U $admin -L 127.0.0.1
expect "a pipe that is not ours" 'NT_STATUS_OBJECT_NAME_NOT_FOUND' rpc $admin 'dfsversion'
count "impacket as an administrator" /usr/bin/python3 "$PEERS/session_impacket.py" admin \
	'ncacn_np:127.0.0.1[\pipe\srvsvc]' admin adminpw
count "impacket as a plain user" /usr/bin/python3 "$PEERS/session_impacket.py" plain \
	'ncacn_np:127.0.0.1[\pipe\srvsvc]' user userpw
capture_stop 60
penstock_stop
finish
