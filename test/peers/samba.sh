# samba.sh: to be sourced inside a sandbox. Starts a real smbd, alone or with its
# own RPC services, with these people: root%rootpw and admin%adminpw (members of
# BUILTIN\Administrators), user%userpw (nobody in particular).
#
#	samba_start ours    every pipe is brought to our /run/penstock/np
#	samba_start theirs  samba-dcerpcd serves, on TCP and ncalrpc too

samba_conf() { # OURS-OR-THEIRS
	cat <<CONF
[global]
	workgroup = TESTGROUP
	netbios name = PENTEST
	server role = standalone server
	passdb backend = tdbsam
	map to guest = Bad User
	guest account = nobody
	interfaces = lo
	bind interfaces only = yes
	disable netbios = yes
	private dir = $WORK/samba
	lock directory = $WORK/samba
	state directory = $WORK/samba
	cache directory = $WORK/samba
	pid directory = $WORK/samba
	ncalrpc dir = $WORK/samba/ncalrpc
	log file = $WORK/samba/log.%m
	log level = 1
	rpc start on demand helpers = no
	load printers = no
	printcap name = /dev/null
	add share command = /bin/true
	change share command = /bin/true
	delete share command = /bin/true
	$([ "$1" = ours ] && echo "external_rpc_pipe:socket_dir = /run/penstock")
	$([ "$1" = theirs ] && echo "admin users = admin")
	${SAMBA_LINES-}
[data]
	path = $WORK/tmp
	read only = no
CONF
	# What clients load: nothing of the server's.
	mkdir -p "$WORK/client"
	cat >"$WORK/client.conf" <<CONF
[global]
	workgroup = TESTGROUP
	netbios name = CLIENT
	interfaces = lo
	private dir = $WORK/client
	lock directory = $WORK/client
	state directory = $WORK/client
	cache directory = $WORK/client
	ncalrpc dir = ${NCALRPC_DIR:-$WORK/samba/ncalrpc}
	client use kerberos = off
CONF
}

samba_dcerpcd_start() {
	/usr/libexec/samba/samba-dcerpcd -D --configfile="$WORK/smb.conf" /usr/libexec/samba/rpcd_* </dev/null
}

samba_start() { # OURS-OR-THEIRS
	local conf=$WORK/smb.conf name
	mkdir -p "$WORK"/samba/ncalrpc
	chmod 755 "$WORK" "$WORK"/samba "$WORK"/samba/ncalrpc
	samba_conf "$1" >"$conf"
	groupadd -f penadmins
	for name in admin user; do
		id $name >/dev/null 2>&1 || useradd -M -s /bin/false $name
		printf '%spw\n%spw\n' $name $name | smbpasswd -c "$conf" -s -a $name >/dev/null
	done
	usermod -a -G penadmins admin
	net -s "$conf" groupmap add sid=S-1-5-32-544 unixgroup=penadmins type=builtin >/dev/null
	[ "$1" = ours ] || samba_dcerpcd_start
	smbd -D --configfile="$conf" </dev/null
	wait_for "smbd" bash -c ': </dev/tcp/127.0.0.1/445'
	[ "$1" = ours ] || wait_for "samba-dcerpcd" bash -c ': </dev/tcp/127.0.0.1/135'
}

wait_for() { # WHAT COMMAND...
	local what=$1 n
	shift
	for n in $(seq 150); do
		"$@" >/dev/null 2>&1 && return 0
		sleep 0.1
	done
	echo "$what did not start"
	exit 1
}
