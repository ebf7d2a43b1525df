# penstock.sh: to be sourced inside a sandbox, after samba.sh. Starts our daemon as
# root, as an administrator would, with a store of its own; and what tests say.

BUILD=${BUILD:?the build directory}
PENSTOCKD=$BUILD/src/daemon/penstockd
PENSTOCK=$BUILD/src/tool/penstock
NCALRPC_DIR=/run/penstock/ncalrpc
export PENSTOCK_NCALRPC_DIR=$NCALRPC_DIR
passed=0 failed=0

penstock_start() { # [LINES OF penstockd.conf]
	mkdir -p "$WORK/state"
	cat >"$WORK/penstockd.conf" <<CONF
[store]
path = $WORK/state/shares.db
accounts = $WORK/state/accounts.db
[server]
name = PENTEST
workgroup = TESTGROUP
[service rpcecho]
enabled = yes
[service srvsvc]
level = none
[shares]
folders = /tmp
${1-}
CONF
	# A confined process cannot look for leaks.
	ASAN_OPTIONS=${ASAN_OPTIONS-}:detect_leaks=0 \
		${PENSTOCK_WRAP-} "$PENSTOCKD" --config "$WORK/penstockd.conf" >"$WORK/penstockd.out" 2>"$WORK/penstockd.log" &
	PENSTOCKD_PID=$!
	wait_for "penstockd" bash -c ': </dev/tcp/127.0.0.1/135'
}

penstock_stop() {
	kill -TERM "$PENSTOCKD_PID"
	wait "$PENSTOCKD_PID"
	check "penstockd stops cleanly" [ $? = 0 ]
	if grep -qE 'ERROR: (Address|Leak)Sanitizer|runtime error:' "$WORK/penstockd.log"; then
		fail "the sanitizers found something" "$(grep -A12 -E 'Sanitizer|runtime error' "$WORK/penstockd.log" | head -40)"
	fi
}

pass() { passed=$((passed + 1)); }
fail() { # NAME SEEN
	failed=$((failed + 1))
	printf 'FAIL %s\n%s\n' "$1" "${2-}"
}

check() { # NAME COMMAND...
	local name=$1 seen
	shift
	if seen=$("$@" 2>&1); then pass; else fail "$name" "$seen"; fi
}

expect() { # NAME PATTERN COMMAND...: the command's output has a line like that
	local name=$1 pattern=$2 seen
	shift 2
	seen=$("$@" 2>&1)
	if grep -qE -- "$pattern" <<<"$seen"; then pass; else fail "$name: no line like $pattern" "$seen"; fi
}

expect_not() { # NAME PATTERN COMMAND...
	local name=$1 pattern=$2 seen
	shift 2
	seen=$("$@" 2>&1)
	if grep -qE -- "$pattern" <<<"$seen"; then fail "$name: a line like $pattern" "$seen"; else pass; fi
}

# What the daemon logs from now on.
log_mark() { log_seen=$(wc -c <"$WORK/penstockd.log"); }
log_since() { tail -c +$((log_seen + 1)) "$WORK/penstockd.log"; }

# The sums that a program of ours ends with count as ours.
count() { # NAME COMMAND...
	local name=$1 seen last
	shift
	seen=$("$@" 2>&1)
	last=$(tail -n 1 <<<"$seen")
	if [[ $last =~ ^([0-9]+)\ passed,\ ([0-9]+)\ failed ]]; then
		passed=$((passed + BASH_REMATCH[1])) failed=$((failed + BASH_REMATCH[2]))
		[ "${BASH_REMATCH[2]}" = 0 ] || printf '%s:\n%s\n' "$name" "$seen"
	else
		fail "$name" "$seen"
	fi
}

finish() {
	[ "$failed" = 0 ] || { echo "--- the daemon's log:"; tail -n 40 "$WORK/penstockd.log"; }
	echo "$passed passed, $failed failed"
	[ "$failed" = 0 ] && [ "$passed" -gt 0 ]
	exit
}
