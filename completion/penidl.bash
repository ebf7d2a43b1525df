# bash completion for penidl: the options that its help lists, files and folders.

_penidl() {
	local word=${COMP_WORDS[COMP_CWORD]} previous=${COMP_WORDS[COMP_CWORD - 1]}
	COMPREPLY=()
	# Readline takes the = of --dump=FORM for a word of its own.
	[ "$previous" = = ] && previous=${COMP_WORDS[COMP_CWORD - 2]}
	[ "$word" = = ] && word=
	case $previous in
	--dump)
		COMPREPLY=($(compgen -W "$(penidl --help | sed -n 's/^  --dump=FORM *print \([^;]*\);.*/\1/p' | tr -d ',' | sed 's/ or / /')" -- "$word"))
		return
		;;
	--no-lint)
		COMPREPLY=($(compgen -W "unbounded-size unbounded-string untyped-handle size-level calls-out no-level" -- "$word"))
		return
		;;
	--output-dir | --include-folder | -I)
		compopt -o dirnames
		return
		;;
	--cpp)
		COMPREPLY=($(compgen -c -- "$word"))
		return
		;;
	--acf)
		compopt -o plusdirs
		COMPREPLY=($(compgen -f -X '!*.acf' -- "$word"))
		return
		;;
	--depfile)
		compopt -o default
		return
		;;
	-D | -U)
		return
		;;
	esac
	if [[ $word == -* ]]; then
		COMPREPLY=($(compgen -W "$(penidl --help | grep -oE -- '^  (-[A-Za-z]\b|--[a-z-]+)(, --[a-z-]+)*' |
			grep -oE -- '--?[A-Za-z-]+')" -- "$word"))
	else
		compopt -o plusdirs
		COMPREPLY=($(compgen -f -X '!*.idl' -- "$word"))
	fi
}
complete -F _penidl penidl
