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
		COMPREPLY=($(compgen -W "call endpoints ping share decode interfaces --help --version" -- "$word"))
		return
	fi
	case $previous in
	--idl | -I) COMPREPLY=($(compgen -f -- "$word")); return ;;
	--type) COMPREPLY=($(compgen -W "disk printer device ipc" -- "$word")); return ;;
	--interface) COMPREPLY=($(compgen -W "$(_penstock_names interfaces)" -- "$word")); return ;;
	--timeout | --remark | --max-users | --count | --interval | -c | -i) return ;;
	esac
	if [[ $word == -* ]]; then
		COMPREPLY=($(compgen -W "$(_penstock_options "$command")" -- "$word"))
		return
	fi
	case $command in
	call)
		COMPREPLY=($(compgen -W "$(_penstock_names operations)" -- "$word"))
		[ "$COMP_CWORD" = 2 ] && COMPREPLY=($(compgen -W "ncalrpc: ncacn_ip_tcp:" -- "$word")) ;;
	ping | endpoints) COMPREPLY=($(compgen -W "ncalrpc: ncacn_ip_tcp:" -- "$word")) ;;
	share) [ "$COMP_CWORD" = 2 ] && COMPREPLY=($(compgen -W "ls show add rm" -- "$word")) ;;
	decode) COMPREPLY=($(compgen -f -- "$word") $(compgen -W "$(_penstock_names operations)" -- "$word")) ;;
	interfaces) COMPREPLY=($(compgen -W "$(_penstock_names interfaces)" -- "$word")) ;;
	esac
}

complete -o default -F _penstock penstock
