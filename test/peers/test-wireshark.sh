#!/bin/bash
# What our programs say to each other, as the dissectors that penidl writes show it.
. "$PEERS/samba.sh"
. "$PEERS/penstock.sh"
. "$PEERS/capture.sh"
# Wireshark's own dissectors find NDR64 malformed, so this is not capture_stop.
stop() {
	sleep 0.5
	kill -INT "$CAPTURE_PID"
	wait "$CAPTURE_PID"
}
dissect() {
	tshark -n -r "$WORK/capture.pcapng" -o tcp.try_heuristic_first:true "$@" 2>/dev/null
}
IDL=$PEERS/../../idl
penstock_start
capture_start
check "shares" "$PENSTOCK" call ncacn_ip_tcp:127.0.0.1 srvsvc.NetrShareEnum \
	'{"InfoStruct": {"Level": 1, "ShareInfo": {"Level1": {}}}, "PreferedMaximumLength": 4294967295}'
check "add one" "$PENSTOCK" call ncacn_ip_tcp:127.0.0.1 rpcecho.echo_AddOne '{"in_data": 41}'
check "an echo" "$PENSTOCK" call ncacn_ip_tcp:127.0.0.1 rpcecho.echo_SourceData '{"len": 20000}'
stop
scripts=()
for name in srvsvc rpcecho epm; do
	check "a dissector of $name" "$BUILD/penidl" --lua --output-dir "$WORK" "$IDL/$name.idl"
	scripts+=(-X "lua_script:$WORK/$name.lua")
done
shown=$WORK/shown
dissect "${scripts[@]}" -V >"$shown" 2>&1
expect "the endpoint mapper's request" '^epm.ept_map, request' cat "$shown"
expect "the operation" '^srvsvc.NetrShareEnum, response' cat "$shown"
expect "a share's name" 'shi1_netname: IPC\$$' cat "$shown"
expect "a number that goes" 'in_data: 41$' cat "$shown"
expect "a number that comes" 'out_data: 42$' cat "$shown"
expect "an array of several fragments" ' data: [0-9a-f]{20}' grep -A12 '^rpcecho.echo_SourceData, response' "$shown"
expect "a filter" '^1$' bash -c "$(declare -f dissect); WORK=$WORK; dissect ${scripts[*]@Q} -Y 'penidl.rpcecho.rpcecho_echo_AddOne.out_data == 42' | wc -l"
expect_not "nothing is malformed" 'penidl.malformed|Malformed stub data|Lua Error|left over' cat "$shown"
penstock_stop
finish
