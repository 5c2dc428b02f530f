#!/usr/bin/env bash
# install-packages.sh [--check] PACKAGE...
# Installs those of the Debian packages that are missing. With --check it only says which are, and fails if any is.
set -euo pipefail
check=
[[ ${1:-} != --check ]] || { check=1; shift; }

missing=()
for package in "$@"; do
  [[ $(dpkg-query -W -f '${Status}' "$package" 2>/dev/null) = 'install ok installed' ]] || missing+=("$package")
done
[[ ${#missing[@]} -gt 0 ]] || exit 0
if [[ -n $check ]]; then
  echo "${0##*/}: missing: ${missing[*]}" >&2
  exit 1
fi

echo "${0##*/}: installing ${missing[*]}"
root=()
[[ $(id -u) = 0 ]] || root=(sudo)

"${root[@]}" apt-get update -qq
"${root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null
