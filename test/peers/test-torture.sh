#!/bin/bash
# smbtorture against us, over a pipe that smbd carries and over TCP. The results are
# those of torture.expected, each failure of which is explained in
# docs/conformance.md. A test that passes where failure was expected counts as failed
# too: then the table is out of date.
. "$PEERS/samba.sh"
. "$PEERS/penstock.sh"
. "$PEERS/torture.sh"
. "$PEERS/capture.sh"
penstock_start
samba_start ours 2>/dev/null
accounts=$WORK/state/accounts.db
check "an account for TCP" "$PENSTOCK" user add boss --accounts "$accounts" --password-stdin <<<Winter-2026
check "an administrator's" "$PENSTOCK" group add-member Administrators boss --accounts "$accounts"
useradd -M -s /bin/false boss
printf 'Winter-2026\nWinter-2026\n' | smbpasswd -c "$WORK/smb.conf" -s -a boss >/dev/null
capture_start
{
	torture ncacn_np:127.0.0.1 admin%adminpw $SUITES
	torture 'ncacn_ip_tcp:127.0.0.1[sign]' boss%Winter-2026 $SUITES
	DANGEROUS=no torture ncacn_np:127.0.0.1 admin%adminpw $SAMR_SUITES rpc.samr.priv
	DANGEROUS=no torture 'ncacn_ip_tcp:127.0.0.1[sign]' boss%Winter-2026 $SAMR_SUITES
} >"$WORK/torture.seen"
capture_stop 500
{
	torture ncacn_np:127.0.0.1 boss%Winter-2026 $BIND_SUITES
	torture 'ncacn_ip_tcp:127.0.0.1[ntlm,sign]' boss%Winter-2026 $BIND_SUITES
} >>"$WORK/torture.seen"
torture_judge torture.expected
penstock_stop
finish
