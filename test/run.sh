#!/usr/bin/env bash
# test/run.sh CONFIGURATION [PROGRAM]: every test; the last lines tell how long each project took, and count the tests.
# PROGRAM is what the mount tests run, when not the one just built; that one then has those of the category BuiltToo for itself.
# A test that came to no result has failed.
# As root with /dev/fuse a test is skipped only where this kernel lacks what it is about, and says so.
set -uo pipefail
cd "$(dirname "$0")/.." || exit
configuration=$1
program=${2:+$(realpath "$2")}
unset IMAGEFS

test/install-tools.sh || exit 1
dotnet build ImageFs.sln -c "$configuration" -nologo -v quiet || exit 1

log=$(mktemp)
trap 'rm -f "$log"' EXIT
status=0 runs=0 times=
run() { # NAME PROJECT WORD...
  SECONDS=0
  dotnet test "test/$2" -c "$configuration" --no-build -nologo "${@:3}" 2>&1 | tee -a "$log" || status=1
  times+="$1: $((SECONDS / 60)) min $((SECONDS % 60)) s"$'\n'
  ((++runs))
}

run ImageFs.Tests ImageFs.Tests
if [[ -z $program ]]; then
  run ImageFs.MountTests ImageFs.MountTests
else
  IMAGEFS=$program run ImageFs.MountTests ImageFs.MountTests
  IMAGEFS_PUBLISHED=$program run 'ImageFs.MountTests, the program that was built' ImageFs.MountTests --filter TestCategory=BuiltToo
fi

printf '%s' "$times"

# The runner's own summary, one for each run: "Failed: 0, Passed: 12, Skipped: 0, Total: 12". The total counts the inconclusive too.
awk -v status="$status" -v runs="$runs" '
  /Failed: *[0-9]+, Passed: *[0-9]+, Skipped: *[0-9]+, Total: *[0-9]+/ {
    gsub(/[,:]/, " ")
    for (i = 1; i < NF; i++) {
      if ($i == "Failed") failed += $(i + 1)
      if ($i == "Passed") passed += $(i + 1)
      if ($i == "Skipped") skipped += $(i + 1)
      if ($i == "Total") total += $(i + 1)
    }
    summaries++
  }
  END {
    inconclusive = total - passed - failed - skipped
    printf "%d passed, %d failed, %d skipped, %d inconclusive\n", passed, failed, skipped, inconclusive
    exit status || failed || inconclusive || summaries < runs || passed == 0
  }' "$log"
