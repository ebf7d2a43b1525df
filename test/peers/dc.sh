# dc.sh: to be sourced inside a sandbox, after samba.sh. A Samba domain controller of
# the domain AD, realm AD.TEST, with its KDC on loopback and all its files in $WORK/dc.
#
#	dc_start [SERVICES]    "kdc" alone, or as server services in smb.conf has them
#	dc_tool COMMAND...     samba-tool on its database
#	dc_service NAME        an account with the service principal host/NAME, and its
#	                       keytab $WORK/dc/NAME.keytab
#
# The administrator is Administrator with the password Adm1nPassw0rd.

DC=$WORK/dc

dc_tool() { samba-tool "$@" -s "$DC/etc/smb.conf"; }

dc_start() { # [SERVICES]
	mkdir -p "$DC"
	samba-tool domain provision --realm=AD.TEST --domain=AD --adminpass=Adm1nPassw0rd \
		--server-role=dc --dns-backend=NONE --targetdir="$DC" --host-name=pentest \
		--host-ip=127.0.0.1 --option="interfaces=lo" --option="bind interfaces only=yes" \
		>"$DC/provision.log" 2>&1 || cat "$DC/provision.log"
	cat >"$DC/krb5.conf" <<CONF
[libdefaults]
	default_realm = AD.TEST
	dns_lookup_realm = false
	dns_lookup_kdc = false
	dns_canonicalize_hostname = false
	rdns = false
	forwardable = true
[realms]
	AD.TEST = {
		kdc = 127.0.0.1
	}
CONF
	export KRB5_CONFIG=$DC/krb5.conf
	samba -i -s "$DC/etc/smb.conf" --option="server services=${1-kdc}" >"$DC/log" 2>&1 &
	DC_PID=$!
	wait_for "Samba's KDC" bash -c ': </dev/tcp/127.0.0.1/88'
}

dc_stop() {
	kill -TERM "$DC_PID"
	wait "$DC_PID"
}

dc_service() { # NAME
	dc_tool user create "$1" --random-password >>"$DC/tool.log" 2>&1
	dc_tool spn add "host/$1" "$1" >>"$DC/tool.log" 2>&1
	dc_tool domain exportkeytab "$DC/$1.keytab" --principal="host/$1" >>"$DC/tool.log" 2>&1
}
