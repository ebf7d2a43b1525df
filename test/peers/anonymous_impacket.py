#!/usr/bin/env python3
"""impacket, which gives no name, over TCP at each level.

    anonymous_impacket.py HOST
"""
import sys

from impacket.dcerpc.v5 import epm, rpcrt, srvs, transport

host = sys.argv[1]
passed = failed = 0

for level in (rpcrt.RPC_C_AUTHN_LEVEL_CONNECT, rpcrt.RPC_C_AUTHN_LEVEL_PKT_INTEGRITY,
              rpcrt.RPC_C_AUTHN_LEVEL_PKT_PRIVACY):
    binding = epm.hept_map(host, srvs.MSRPC_UUID_SRVS, protocol="ncacn_ip_tcp")
    dce = transport.DCERPCTransportFactory(binding).get_dce_rpc()
    dce.set_credentials("", "")
    dce.set_auth_type(rpcrt.RPC_C_AUTHN_WINNT)
    dce.set_auth_level(level)
    try:
        dce.connect()
        dce.bind(srvs.MSRPC_UUID_SRVS)
        for _ in range(3):
            assert srvs.hNetrServerGetInfo(dce, 101)["ErrorCode"] == 0
        dce.disconnect()
        passed += 1
    except Exception as error:  # whatever it is, the others are tried too
        failed += 1
        print(f"FAIL level {level}: {error!r}")
print(f"{passed} passed, {failed} failed")
sys.exit(failed != 0)
