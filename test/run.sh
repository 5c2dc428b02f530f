#!/usr/bin/env bash
# test/run.sh CONFIGURATION [PROGRAM]: every test; the last line counts them.
# PROGRAM is what the mount tests run, when not the one just built.
set -uo pipefail
cd "$(dirname "$0")/.." || exit
configuration=$1
[[ -z ${2:-} ]] || { IMAGEFS=$(realpath "$2"); export IMAGEFS; }

test/install-tools.sh || exit 1
dotnet build ImageFs.sln -c "$configuration" -nologo -v quiet || exit 1

log=$(mktemp)
trap 'rm -f "$log"' EXIT
status=0
for project in ImageFs.Tests ImageFs.MountTests; do
  dotnet test "test/$project" -c "$configuration" --no-build -nologo 2>&1 | tee -a "$log" || status=1
done

# The runner's own summary, one for each project: "Failed: 0, Passed: 12, Skipped: 0, Total: 12".
awk -v status="$status" '
  /Failed: *[0-9]+, Passed: *[0-9]+, Skipped: *[0-9]+/ {
    gsub(/[,:]/, " ")
    for (i = 1; i < NF; i++) {
      if ($i == "Failed") failed += $(i + 1)
      if ($i == "Passed") passed += $(i + 1)
      if ($i == "Skipped") skipped += $(i + 1)
    }
    projects++
  }
  END {
    printf "%d passed, %d failed, %d skipped\n", passed, failed, skipped
    exit status || failed || projects < 2 || passed == 0
  }' "$log"
