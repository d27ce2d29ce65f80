#!/usr/bin/env bash
# Breaks the ledger on purpose, one way after the other, and fails where its tests do not notice. A mutant is a patch in
# services/ledger/mutants; one that does not apply any more has to be written anew.
set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
cd "$root"
applied=
restore() { [ -z "$applied" ] || git apply --reverse "$applied"; }
trap restore EXIT

git diff --quiet -- services/ledger || {
  echo "services/ledger has changes that are not committed" >&2
  exit 1
}
survived=()
for patch in services/ledger/mutants/*.patch; do
  name=$(basename "$patch" .patch)
  git apply "$patch"
  applied=$patch
  # One that hangs is noticed, too.
  if timeout 600 cargo test --quiet -p ledger >"${TMPDIR:-/tmp}/mutant-$name.log" 2>&1; then
    survived+=("$name")
    echo "$name: SURVIVED"
  elif grep -q '^error: could not compile\|^error\[' "${TMPDIR:-/tmp}/mutant-$name.log"; then
    survived+=("$name")
    echo "$name: does not compile"
  else
    echo "$name: caught by $(sed -n 's/^test \(.*\) \.\.\. FAILED$/\1/p; s/^    \([a-z_:]*\)$/\1/p' "${TMPDIR:-/tmp}/mutant-$name.log" | sort -u | head -3 | paste -sd ' ')"
  fi
  git apply --reverse "$patch"
  applied=
done
[ ${#survived[@]} = 0 ] || {
  echo "not caught: ${survived[*]}" >&2
  exit 1
}
