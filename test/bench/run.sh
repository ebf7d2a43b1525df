#!/bin/bash
# run.sh: builds without sanitizers and prints all figures, each beside its limit
# in the same run. It fails for no figure: these machines are noisy.
set -eu
cd "$(dirname "$0")/../.."
build=build-bench
[ -f $build/build.ninja ] || meson setup $build -Dbuildtype=release -Dpeers=false >/dev/null
ninja -C $build >/dev/null
$build/test/bench/bench-call
echo "named pipes:"
mapfile -t wine < <(test/bench/wine.sh)
PENSTOCK_OBJECTD=$build/src/daemon/penstock-objectd $build/test/bench/bench-pipe "${wine[@]}"
echo "security:"
$build/test/bench/bench-security
if ! command -v krb5kdc >/dev/null; then
	echo "  Kerberos: skipped: no krb5-kdc"
elif [ "$(id -u)" != 0 ]; then
	echo "  Kerberos: skipped: a private KDC needs root, for namespaces of its own"
else
	test/peers/sandbox.sh bash test/bench/krb5.sh "$PWD/$build/test/bench/bench-security"
fi
echo "the codec:"
$build/test/bench/bench-codec $build/shares.ndr
read -r encode decode < <(/usr/bin/python3 test/bench/pidl.py $build/shares.ndr || echo 0 0)
$build/test/bench/bench-codec "$encode" "$decode"
