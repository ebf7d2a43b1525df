#!/bin/bash
# check.sh: all tests, by both compilers, under AddressSanitizer and UBSan. Ends with
# a line "N passed, N failed".
set -u
cd "$(dirname "$0")/.."

# The compilers take turns in the same order; the peers' tests run with the first.
passed=0 failed=0
run() { # NAME COMPILER OPTION...
	local build=build-$1 compiler=$2 ok bad
	shift 2
	if [ ! -f "$build/build.ninja" ]; then
		CC=$compiler meson setup "$build" "$@" >"$build.log" 2>&1 || { cat "$build.log"; exit 1; }
	fi
	ninja -C "$build" || exit 1
	meson test -C "$build" --no-rebuild --print-errorlogs --timeout-multiplier 3 --num-processes 2
	read -r ok bad < <(python3 - "$build" <<'EOS'
import json, sys
results = [json.loads(line)["result"] for line in open(sys.argv[1] + "/meson-logs/testlog.json")]
good = sum(r in ("OK", "EXPECTEDFAIL") for r in results)
print(good, len(results) - good)
EOS
	)
	passed=$((passed + ok)) failed=$((failed + bad))
}

sanitizers="-Db_sanitize=address,undefined"
run check-gcc gcc $sanitizers
run check-clang clang $sanitizers -Dpeers=false
run check-plain gcc -Dbuildtype=release -Dpeers=false

echo "$passed passed, $failed failed"
[ "$failed" = 0 ]
