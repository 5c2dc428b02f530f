#!/usr/bin/env bash
# Mounts INPUT_IMAGE on INPUT_DIRECTORY with INPUT_OPTIONS, as the runner calls it.
set -euo pipefail

# What a workflow shows as an error of the step.
fail() {
  echo "::error title=ImageFs::$1"
  exit 1
}

[[ -n ${INPUT_IMAGE:-} ]] || fail 'the input "image" is missing'

if ! program=$(command -v imagefs); then
  case $(uname -m) in
    x86_64) architecture=amd64 ;;
    aarch64) architecture=arm64 ;;
    *) fail "there is no release for $(uname -m)" ;;
  esac
  program=$RUNNER_TEMP/imagefs-$INPUT_VERSION/imagefs
  if [[ ! -x $program ]]; then
    mkdir -p "${program%/*}"
    release=https://github.com/imagefs/imagefs/releases/download/v$INPUT_VERSION
    curl -fsSL --retry 3 -o "$program" "$release/imagefs-linux-$architecture" || fail "release $INPUT_VERSION cannot be fetched"
    (cd "${program%/*}" && curl -fsSL --retry 3 "$release/SHA256SUMS" | sed -n "s/ imagefs-linux-$architecture\$/ imagefs/p" | sha256sum --check --strict --quiet) ||
      fail "release $INPUT_VERSION is not what its sums say"
    chmod +x "$program"
  fi
  echo "${program%/*}" >>"$GITHUB_PATH"
fi

# Whoever may not mount by himself needs fusermount3, which is setuid.
if [[ $(id -u) != 0 ]] && ! command -v fusermount3 >/dev/null && ! command -v fusermount >/dev/null; then
  if ! sudo apt-get update -qq || ! sudo apt-get install -y -qq --no-install-recommends fuse3 >/dev/null; then
    fail 'there is no fusermount3 (package fuse3), and it cannot be installed'
  fi
fi

directory=${INPUT_DIRECTORY:-}
if [[ -z $directory ]]; then
  directory=$(mktemp -d "$RUNNER_TEMP/imagefs-XXXXXX")
fi
mkdir -p "$directory"
directory=$(realpath "$directory")

# It says itself what is wrong; the first line of that is the step's error as well.
said=$("$program" mount ${INPUT_OPTIONS:+-o "$INPUT_OPTIONS"} -- "$INPUT_IMAGE" "$directory" 2>&1) || { echo "$said"; fail "${said%%$'\n'*}"; }
[[ -z $said ]] || echo "$said"
echo "directory=$directory" >>"$GITHUB_OUTPUT"
{
  echo "directory=$directory"
  echo "program=$program"
} >>"$GITHUB_STATE"
echo "$INPUT_IMAGE is mounted on $directory"
