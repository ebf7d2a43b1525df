#!/bin/bash
# krb5.sh BENCH-SECURITY: Kerberos' figures, with tickets of a private KDC; run in a sandbox.
. "$PEERS/samba.sh"
. "$PEERS/kdc.sh"

kdc_start
kdc_service host/bench aes256-cts-hmac-sha1-96
export KRB5CCNAME=FILE:$KDC/ccache
kinit alice <<<alicepw >/dev/null
"$1" "FILE:$KDC/bench.keytab"
kdc_stop
