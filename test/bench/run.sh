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
echo "the door:"
$build/test/bench/bench-door $build/test/door/counter $build/src/daemon/penstock-greeter
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
rates=$build/pidl.rates
rm -f "$rates"
if [ -x $build/test/bench/pidl ]; then
	echo "  beside pidl's code, in NDR"
	$build/test/bench/bench-codec stubs | $build/test/bench/pidl >"$rates"
else
	echo "  without pidl's code: no samba-dev"
fi
$build/test/bench/bench-codec measure "$rates"
