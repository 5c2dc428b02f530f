#!/usr/bin/env bash
# test/run.sh CONFIGURATION [PROGRAM]: every test; the last lines tell how long each project took, and count the tests.
# PROGRAM is what the mount tests run, when not the one just built. A test that came to no result has failed.
# As root with /dev/fuse a test is skipped only where this kernel lacks what it is about, and says so.
set -uo pipefail
cd "$(dirname "$0")/.." || exit
configuration=$1
[[ -z ${2:-} ]] || { IMAGEFS=$(realpath "$2"); export IMAGEFS; }

test/install-tools.sh || exit 1
dotnet build ImageFs.sln -c "$configuration" -nologo -v quiet || exit 1

log=$(mktemp)
trap 'rm -f "$log"' EXIT
status=0 times=
for project in ImageFs.Tests ImageFs.MountTests; do
  SECONDS=0
  dotnet test "test/$project" -c "$configuration" --no-build -nologo 2>&1 | tee -a "$log" || status=1
  times+="$project: $((SECONDS / 60)) min $((SECONDS % 60)) s"$'\n'
done
printf '%s' "$times"

# The runner's own summary, one for each project: "Failed: 0, Passed: 12, Skipped: 0, Total: 12". The total counts the inconclusive too.
awk -v status="$status" '
  /Failed: *[0-9]+, Passed: *[0-9]+, Skipped: *[0-9]+, Total: *[0-9]+/ {
    gsub(/[,:]/, " ")
    for (i = 1; i < NF; i++) {
      if ($i == "Failed") failed += $(i + 1)
      if ($i == "Passed") passed += $(i + 1)
      if ($i == "Skipped") skipped += $(i + 1)
      if ($i == "Total") total += $(i + 1)
    }
    projects++
  }
  END {
    inconclusive = total - passed - failed - skipped
    printf "%d passed, %d failed, %d skipped, %d inconclusive\n", passed, failed, skipped, inconclusive
    exit status || failed || inconclusive || projects < 2 || passed == 0
  }' "$log"
