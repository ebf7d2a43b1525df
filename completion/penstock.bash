# bash completion for penstock: subcommands, options, and the names of interfaces and
# operations as "penstock interfaces" lists them.

_penstock_names() { # operations | interfaces; with the --idl of the command line
	local idl=() i
	for ((i = 1; i < COMP_CWORD; i++)); do
		[ "${COMP_WORDS[i]}" = --idl ] && idl=(--idl "${COMP_WORDS[i + 1]}")
	done
	if [ "$1" = operations ]; then
		"${COMP_WORDS[0]}" interfaces "${idl[@]}" 2>/dev/null | awk '/^ / { print $2 }'
	else
		"${COMP_WORDS[0]}" interfaces "${idl[@]}" 2>/dev/null | awk '/^[^ ]/ { print $1 }'
	fi
}

# Names without blanks in the usual accounts; the columns begin with the name.
_penstock_accounts() { # user | machine | group
	"${COMP_WORDS[0]}" "$1" ls 2>/dev/null | awk '$2 ~ /^([0-9]+|group|alias|builtin)$/ { print $1 }'
}

# Pipes whose names are one word.
_penstock_pipes() {
	"${COMP_WORDS[0]}" pipe ls 2>/dev/null | awk '$2 ~ /^[0-9]+$/ { print $1 }'
}

# Programs of penstockd.
_penstock_programs() {
	"${COMP_WORDS[0]}" top --programs --count 1 2>/dev/null | awk '$2 == "all" { print $1 }'
}

# The options that the subcommand's help lists.
_penstock_options() {
	"${COMP_WORDS[0]}" "$1" --help 2>/dev/null | grep -oE -- '^  (-[a-zA-Z]\b|--[a-z0-9-]+)(, --[a-z0-9-]+)*' |
		grep -oE -- '--?[a-zA-Z0-9-]+'
}

_penstock() {
	local word=${COMP_WORDS[COMP_CWORD]} previous=${COMP_WORDS[COMP_CWORD - 1]}
	local command=${COMP_WORDS[1]}
	COMPREPLY=()
	if [ "$COMP_CWORD" = 1 ]; then
		COMPREPLY=($(compgen -W "call shell endpoints ping share user machine group policy decode interfaces whoami pipe ns pickle status top trace daemon --help --version" -- "$word"))
		return
	fi
	case $previous in
	--idl | -I | -o | --output | --callbacks | --accounts | --accounts-key | --password-file | --nt-hash-file | --keytab | --credentials | --keylog)
		COMPREPLY=($(compgen -f -- "$word")); return ;;
	--pipe) return ;; # NAME=FILE
	--call) COMPREPLY=($(compgen -W "$(_penstock_names operations)" -- "$word")); return ;;
	--form) COMPREPLY=($(compgen -W "1 2" -- "$word")); return ;;
	--objects-dir) COMPREPLY=($(compgen -d -- "$word")); return ;;
	--framing) COMPREPLY=($(compgen -W "line nul len raw" -- "$word")); return ;;
	--access) COMPREPLY=($(compgen -W "r w rw" -- "$word")); return ;;
	--exec) COMPREPLY=($(compgen -c -- "$word")); return ;;
	--level) COMPREPLY=($(compgen -W "none connect packet integrity privacy" -- "$word")); return ;;
	--transport) COMPREPLY=($(compgen -W "ncacn_ip_tcp ncacn_np ncalrpc" -- "$word")); return ;;
	--identity) COMPREPLY=($(compgen -W "anonymous authenticated" -- "$word")); return ;;
	--from) COMPREPLY=($(compgen -W "local" -- "$word")); return ;;
	--operation)
		COMPREPLY=($(compgen -W "$(_penstock_names operations | sed 's/.*\.//')" -- "$word")); return ;;
	--mech) COMPREPLY=($(compgen -W "spnego ntlm krb5" -- "$word")); return ;;
	-U | --user | --ccache | --principal | --target) return ;;
	--type)
		[ "$command" = pickle ] || COMPREPLY=($(compgen -W "disk printer device ipc" -- "$word"))
		return ;;
	--interface) COMPREPLY=($(compgen -W "$(_penstock_names interfaces)" -- "$word")); return ;;
	--password-expires | --complex) COMPREPLY=($(compgen -W "yes no" -- "$word")); return ;;
	--primary-group) COMPREPLY=($(compgen -W "$(_penstock_accounts group)" -- "$word")); return ;;
	--timeout | --instances | --quota | --sddl | --remark | --max-users | --count | --interval | -c | -i | --comment | --name | --rid | \
		--full-name | --user-comment | --home | --home-drive | --script | --profile | \
		--workstations | --unix-name | --expires | --password-fd | --min-length | --history | \
		--max-age | --min-age | --lockout-threshold | --lockout-duration | --lockout-window) return ;;
	esac
	if [[ $word == -* ]]; then
		COMPREPLY=($(compgen -W "$(_penstock_options "$command")" -- "$word"))
		return
	fi
	case $command in
	call)
		COMPREPLY=($(compgen -W "$(_penstock_names operations)" -- "$word"))
		[ "$COMP_CWORD" = 2 ] && COMPREPLY=($(compgen -W "ncalrpc: ncacn_ip_tcp:" -- "$word")) ;;
	shell)
		COMPREPLY=($(compgen -W "$(_penstock_names interfaces)" -- "$word"))
		[ "$COMP_CWORD" = 2 ] && COMPREPLY=($(compgen -W "ncalrpc: ncacn_ip_tcp:" -- "$word")) ;;
	ping | endpoints | whoami) COMPREPLY=($(compgen -W "ncalrpc: ncacn_ip_tcp:" -- "$word")) ;;
	share) [ "$COMP_CWORD" = 2 ] && COMPREPLY=($(compgen -W "ls show add rm" -- "$word")) ;;
	user | machine)
		if [ "$COMP_CWORD" = 2 ]; then
			COMPREPLY=($(compgen -W "ls show add set rm passwd" -- "$word"))
		elif [ "$COMP_CWORD" = 3 ] && [ "$previous" != add ]; then
			COMPREPLY=($(compgen -W "$(_penstock_accounts "$command")" -- "$word"))
		fi ;;
	group)
		if [ "$COMP_CWORD" = 2 ]; then
			COMPREPLY=($(compgen -W "ls show add set rm add-member rm-member" -- "$word"))
		elif [ "$COMP_CWORD" = 3 ] && [ "$previous" != add ]; then
			COMPREPLY=($(compgen -W "$(_penstock_accounts group)" -- "$word"))
		elif [ "$COMP_CWORD" = 4 ]; then
			COMPREPLY=($(compgen -W "$(_penstock_accounts user)" -- "$word"))
		fi ;;
	policy)
		COMPREPLY=($(compgen -f -- "$word"))
		[ "$COMP_CWORD" = 2 ] && COMPREPLY=($(compgen -W "check print why suggest show set" -- "$word")) ;;
	pipe)
		if [ "$COMP_CWORD" = 2 ]; then
			COMPREPLY=($(compgen -W "ls info cat serve send call wait watch" -- "$word"))
		elif [ "$COMP_CWORD" = 3 ]; then
			COMPREPLY=($(compgen -W "$(_penstock_pipes)" -- "$word"))
		fi ;;
	daemon)
		if [ "$COMP_CWORD" = 2 ]; then
			COMPREPLY=($(compgen -W "stop drain reload upgrade restart" -- "$word"))
		elif [ "$COMP_CWORD" = 3 ] && [ "$previous" = restart ]; then
			COMPREPLY=($(compgen -W "$(_penstock_programs)" -- "$word"))
		fi ;;
	ns)
		if [ "$COMP_CWORD" = 2 ]; then
			COMPREPLY=($(compgen -W "ls why" -- "$word"))
		elif [ "$COMP_CWORD" = 3 ] && [ "$previous" = why ]; then
			COMPREPLY=($(compgen -W "$(_penstock_pipes)" -- "$word"))
		fi ;;
	pickle)
		COMPREPLY=($(compgen -f -- "$word"))
		[ "$COMP_CWORD" = 2 ] && COMPREPLY=($(compgen -W "inspect decode encode convert" -- "$word")) ;;
	decode) COMPREPLY=($(compgen -f -- "$word") $(compgen -W "$(_penstock_names operations)" -- "$word")) ;;
	trace) COMPREPLY=($(compgen -W "$(_penstock_names interfaces) $(_penstock_names operations)" -- "$word")) ;;
	interfaces) COMPREPLY=($(compgen -W "$(_penstock_names interfaces)" -- "$word")) ;;
	esac
}

complete -o default -F _penstock penstock
