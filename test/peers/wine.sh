# wine.sh: to be sourced. Wine without a screen, and with a prefix of its own in $WORK that has
# nothing in it, so that it is there at once and gone with $WORK. wine PROGRAM [ARG...]

WINE64=/usr/lib/wine/wine64
WINESERVER=/usr/lib/wine/wineserver
export WINEPREFIX=$WORK/wine WINEDEBUG=-all
# No services, no desktop, no .NET; and no set-up of the prefix before each start.
export WINEDLLOVERRIDES='mscoree,mshtml=;winemenubuilder.exe,rundll32.exe,services.exe,explorer.exe=d'
export WINEBOOTSTRAPMODE=1
unset DISPLAY WAYLAND_DISPLAY

wine_start() {
	mkdir -p "$WINEPREFIX"/drive_c/windows/system32 "$WINEPREFIX/dosdevices"
	ln -s ../drive_c "$WINEPREFIX/dosdevices/c:"
	echo disable >"$WINEPREFIX/.update-timestamp"
	"$WINESERVER" -p # two programs that start at once would both start it
}

wine() { "$WINE64" "$@"; }

# wine_cc PROGRAM SOURCE...: PROGRAM.exe.so
wine_cc() { winegcc-stable -O2 -Wall -Wextra -Wno-missing-braces -Wno-missing-field-initializers -o "$@"; }

# Ends the prefix's server, and what Debian's keeps of it in /tmp, by the name in the prefix.
wine_stop() {
	local kept
	kept=$(cat "$WINEPREFIX/wineserver" 2>/dev/null)
	"$WINESERVER" -k 2>/dev/null
	"$WINESERVER" -w 2>/dev/null
	case $kept in wine-*) rm -rf "/tmp/$kept" ;; esac
}
