# capture.sh: to be sourced inside a sandbox, after penstock.sh. What went over the
# wire must be clean: tshark dissects all of it with no malformed packet and no
# fragment that was not reassembled.

capture_start() {
	dumpcap -q -i lo -s 0 -B 64 -w "$WORK/capture.pcapng" 2>"$WORK/dumpcap.log" &
	CAPTURE_PID=$!
	wait_for "dumpcap" test -s "$WORK/capture.pcapng"
}

capture_stop() { # LEAST NUMBER OF DCE/RPC PACKETS
	local n
	sleep 0.5
	kill -INT "$CAPTURE_PID"
	wait "$CAPTURE_PID"
	# The services' ports are dynamic, as the clients' are: tshark's heuristics find DCE/RPC
	# on them, and must come before the protocols that are known by such a number.
	dissect() {
		tshark -n -r "$WORK/capture.pcapng" -o dcerpc.reassemble_dcerpc:true \
			-o tcp.try_heuristic_first:true "$@" 2>/dev/null
	}
	n=$(dissect -Y dcerpc | wc -l)
	check "tshark sees our DCE/RPC ($n packets)" [ "$n" -ge "$1" ]
	# Encrypted SMB3 it has no key for: what it makes of those bytes says nothing.
	expect_not "no malformed packet" '.' dissect \
		-Y '_ws.malformed and not smb2.header.transform.nonce'
	expect_not "no fragment left unreassembled" '.' dissect -Y '_ws.unreassembled || dcerpc.fragment.error'
}
