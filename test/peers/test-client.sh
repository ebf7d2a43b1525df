#!/bin/bash
# Our client against a real Samba: samba-dcerpcd on TCP and ncalrpc.
. "$PEERS/samba.sh"
. "$PEERS/penstock.sh"
. "$PEERS/capture.sh"
samba_start theirs 2>/dev/null
NCALRPC=$WORK/samba/ncalrpc
export PENSTOCK_NCALRPC_DIR=$NCALRPC
capture_start
tool() { "$PENSTOCK" "$@"; }

expect "the endpoint map" 'srvsvc|4b324fc8-1670-01d3-1278-5a47bf6ee188' tool endpoints 127.0.0.1
expect "as JSON" '"4b324fc8-1670-01d3-1278-5a47bf6ee188"' tool endpoints --json 127.0.0.1
for binding in ncacn_ip_tcp:127.0.0.1 ncalrpc:; do
	expect "$binding: shares" 'IPC\$' tool call $binding srvsvc.NetrShareEnum \
		'{"InfoStruct": {"Level": 1, "ShareInfo": {"Level1": {}}}, "PreferedMaximumLength": 4294967295}'
	expect "$binding: server info" '"sv101_name": *"PENTEST"' tool call $binding srvsvc.NetrServerGetInfo '{"Level": 101}'
	expect "$binding: mgmt" '"result": *1|"if_id_vector"' tool call $binding mgmt.rpc__mgmt_is_server_listening '{}'
	check "$binding: ping" tool ping $binding
done
# winreg, by IDL that the tool reads at run time: open a root key and close it.
cat >"$WORK/winreg.idl" <<'IDL'
[ uuid(338CD001-2244-31F1-AAAA-900038001003), version(1.0), pointer_default(unique),
  endpoint("ncacn_np:[\\pipe\\winreg]") ]
interface winreg
{
	typedef [context_handle] void *RPC_HKEY;
	typedef RPC_HKEY *PRPC_HKEY;
	typedef [handle] wchar_t *PREGISTRY_SERVER_NAME;

	error_status_t OpenClassesRoot([in, unique] PREGISTRY_SERVER_NAME ServerName,
		[in] unsigned long samDesired, [out] PRPC_HKEY phKey);
	error_status_t OpenCurrentUser([in, unique] PREGISTRY_SERVER_NAME ServerName,
		[in] unsigned long samDesired, [out] PRPC_HKEY phKey);
	error_status_t OpenLocalMachine([in, unique] PREGISTRY_SERVER_NAME ServerName,
		[in] unsigned long samDesired, [out] PRPC_HKEY phKey);
	error_status_t OpenPerformanceData([in, unique] PREGISTRY_SERVER_NAME ServerName,
		[in] unsigned long samDesired, [out] PRPC_HKEY phKey);
	error_status_t OpenUsers([in, unique] PREGISTRY_SERVER_NAME ServerName,
		[in] unsigned long samDesired, [out] PRPC_HKEY phKey);
	error_status_t BaseRegCloseKey([in, out] PRPC_HKEY hKey);
}
IDL
for operation in OpenLocalMachine OpenUsers; do
	expect "winreg.$operation by IDL" '"phKey": *"[0-9]+:[0-9a-f-]{36}"' tool call --idl "$WORK/winreg.idl" \
		ncacn_ip_tcp:127.0.0.1 winreg.$operation '{"samDesired": 33554432}'
done
expect "winreg.BaseRegCloseKey of a stale handle is a fault" 'context|fault|handle' tool call --idl "$WORK/winreg.idl" \
	ncacn_ip_tcp:127.0.0.1 winreg.BaseRegCloseKey '{"hKey": "0:00000000-0000-0000-0000-000000000001"}'
capture_stop 20
finish
