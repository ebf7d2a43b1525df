#!/bin/sh
# packages.sh build|all: installs the packages of packages.txt that are missing,
# as root or through sudo. Says nothing when there is nothing to do.
set -eu
cd "$(dirname "$0")"

wanted=$(sed 's/#.*//' packages.txt | awk -v which="$1" 'NF && (which == "all" || $1 == which) { print $2 }')
missing=
for package in $wanted; do
	dpkg-query -W -f '${Status}' "$package" 2>/dev/null | grep -q 'ok installed' ||
		missing="$missing $package"
done
[ -n "$missing" ] || exit 0

as_root=
if [ "$(id -u)" != 0 ]; then
	command -v sudo >/dev/null || {
		echo "please install as root:$missing" >&2
		exit 1
	}
	as_root="sudo"
fi
echo "installing:$missing"
# Package files of a peer's that start services must not start them here.
export DEBIAN_FRONTEND=noninteractive
$as_root apt-get update -qq
# shellcheck disable=SC2086 # a list of words
$as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $missing >/dev/null
