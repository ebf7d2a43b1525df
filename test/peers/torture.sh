# torture.sh: to be sourced inside a sandbox. Runs suites of smbtorture and prints a
# line "suite binding test result" for each of their tests.

torture() { # BINDING USER%PASSWORD SUITE...
	local binding=$1 user=$2 suite
	shift 2
	for suite in "$@"; do
		timeout -k 5 120 smbtorture -s "$WORK/client.conf" --format=subunit --basedir="$WORK/tmp" \
			--option=torture:progress=no --option=torture:dangerous=${DANGEROUS:-yes} --option=torture:wksname=wkstest \
			-W PENTEST -U "$user" --target=samba3 "$binding" "$suite" \
			>"$WORK/torture.out" 2>&1
		echo "== $suite $binding (exit $?)" >>"$WORK/torture.log"
		cat "$WORK/torture.out" >>"$WORK/torture.log"
		sed -nE 's/^(success|failure|error|skip): ([^][]*[^][ ]).*/\2 \1/p' "$WORK/torture.out" |
			awk -v suite="$suite" -v binding="${binding%%:*}" \
				'{ result = $NF; $NF = ""; sub(/ +$/, ""); gsub(/ /, "_"); print suite, binding, $0, result }'
	done
}

# Holds $WORK/torture.seen against a table: what fails must be written there, and what
# passes too.
torture_judge() { # TABLE
	local table=$1 name binding test result seen
	while read -r name binding test result; do
		[ -n "$name" ] || continue
		seen=$(awk -v n="$name" -v b="$binding" -v t="$test" '$1 == n && $2 == b && $3 == t { print $4; exit }' "$WORK/torture.seen")
		if [ "$seen" = "$result" ]; then pass; else fail "$name $test over $binding: $result expected, ${seen:-nothing} seen"; fi
	done < <(sed 's/#.*//' "$PEERS/$table")
	expect_not "no test that $table does not know" '.' awk 'NR == FNR { sub(/#.*/, ""); known[$1 $2 $3] = 1; next }
		!(($1 $2 $3) in known)' "$PEERS/$table" "$WORK/torture.seen"
	[ "$failed" = 0 ] || grep -B2 -A6 -E '^(failure|error):' "$WORK/torture.log" | head -150
}

# Without what is dangerous: smbtorture itself crashes in it, whoever serves.
SAMR_SUITES="rpc.samr rpc.samr.users rpc.samr.accessmask rpc.samr.handletype rpc.samr.passwords.default"
# What proves itself to smbd and once more to whom it calls.
BIND_SUITES="rpc.bind rpc.altercontext rpc.asyncbind rpc.handles"
SUITES="rpc.echo rpc.epmapper rpc.mgmt rpc.srvsvc rpc.objectuuid rpc.lsa rpc.lsa-getuser
	rpc.lsa.lookupsids rpc.lsa.lookupnames rpc.lsa.secrets rpc.lsa.privileges
	rpc.lsa.trusted.domains rpc.dssetup"
