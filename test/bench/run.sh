#!/bin/bash
# run.sh: builds without sanitizers and prints all figures, each beside its limit
# in the same run. It fails for no figure: these machines are noisy.
set -eu
cd "$(dirname "$0")/../.."
build=build-bench
[ -f $build/build.ninja ] || meson setup $build -Dbuildtype=release -Dpeers=false >/dev/null
ninja -C $build >/dev/null
$build/test/bench/bench-call
echo "security:"
$build/test/bench/bench-security
echo "the codec:"
$build/test/bench/bench-codec $build/shares.ndr
read -r encode decode < <(/usr/bin/python3 test/bench/pidl.py $build/shares.ndr || echo 0 0)
$build/test/bench/bench-codec "$encode" "$decode"
