# What the scripts share; read with `.`, never run. Sets `root` and goes there.
# shellcheck shell=bash
set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
cd "$root"

# Progress goes to standard error, so that a script's standard output stays its result.
say() { printf '%s\n' "$*" >&2; }

# Ends the script with one sentence and what to do about it.
stop() {
  say "$1"
  [ $# -lt 2 ] || say "  $2"
  exit 1
}

# The lines of a requirements file without comments.
names_in() { sed -e 's/#.*//' -e '/^[[:space:]]*$/d' "$1"; }

# One hash over the contents of files, for stamps of work already done.
hash_of() { cat -- "$@" | git hash-object --stdin; }
