#!/usr/bin/env bash
# Unmounts what mount.sh has mounted, if it has; a later step may have unmounted it.
set -euo pipefail
[[ -n ${STATE_directory:-} ]] || exit 0
mountpoint -q "$STATE_directory" || exit 0
program=${STATE_program:-imagefs}
if ! "$program" umount "$STATE_directory"; then
  # A step has left a process behind; the mount ends with it.
  "$program" umount --lazy "$STATE_directory"
  echo "::warning title=ImageFs::$STATE_directory was in use at the end of the job"
fi
