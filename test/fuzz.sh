#!/bin/bash
# fuzz.sh [TARGET...]: a long run of the fuzz targets, one after another, with
# libFuzzer. FUZZ_SECONDS each (600).
set -eu
cd "$(dirname "$0")/.."
build=build-fuzz
[ -f $build/build.ninja ] || CC=clang meson setup $build -Dfuzz=true -Dpeers=false -Db_sanitize=address,undefined -Db_lundef=false
ninja -C $build
if [ $# = 0 ]; then
	mapfile -t targets < <(find $build/test -maxdepth 1 -type f -name 'fuzz-*' -executable -printf '%f\n' | sort)
	set -- "${targets[@]}"
fi
for target in "$@"; do
	mkdir -p $build/corpus/"$target" test/corpus/"$target"
	echo "== $target"
	UBSAN_OPTIONS=halt_on_error=1:print_stacktrace=1 $build/test/"$target" -max_total_time="${FUZZ_SECONDS:-600}" -max_len=65536 \
		-timeout=10 -rss_limit_mb=1024 -print_final_stats=1 -artifact_prefix=$build/"$target"- \
		$build/corpus/"$target" test/corpus/"$target" 2>&1 | tail -n 12
done
