#!/usr/bin/env bash
# Breaks the ledger on purpose, one way after the other, and fails where its tests do not notice. A mutant is a patch in
# services/ledger/mutants whose head names the tests that have to fail; one that does not apply any more has to be written
# anew. Arguments choose mutants by name. The tree is as it was afterwards, also when this is interrupted.
set -euo pipefail

cd "$(dirname "${BASH_SOURCE[0]}")/../.."
# A mutant that hangs is noticed, too.
most_secs=300
logs=$(mktemp -d "${TMPDIR:-/tmp}/mutants-XXXXXX")
applied=

restore() {
  [ -z "$applied" ] || git apply --reverse "$applied"
  applied=
}
trap restore EXIT
trap 'exit 130' INT TERM

# The tests' binary, built with the features of the whole workspace as everywhere, so that only the ledger is built anew.
build() {
  cargo test --workspace --test api --no-run --message-format=json 2>"$1" |
    sed -n 's|.*"src_path":"[^"]*/services/ledger/tests/api/main.rs".*"executable":"\([^"]*\)".*|\1|p' | tail -n 1
}

# Runs tests by their full names.
run() {
  local binary=$1 log=$2
  shift 2
  (cd services/ledger && timeout "$most_secs" "$binary" --exact "$@") >"$log" 2>&1
}

guards() { sed -n 's/^Caught by: //p' "$1"; }

git diff --quiet -- services/ledger || {
  echo "services/ledger has changes that are not committed" >&2
  exit 1
}
patches=()
for patch in services/ledger/mutants/*.patch; do
  name=$(basename "$patch" .patch)
  if [ $# = 0 ] || [[ " $* " == *" $name "* ]]; then patches+=("$patch"); fi
done

# A test that fails anyway would catch everything.
binary=$(build "$logs/sound.build") || {
  echo "the tests do not build: $logs/sound.build" >&2
  exit 1
}
mapfile -t tests < <(for patch in "${patches[@]}"; do guards "$patch"; done | sort -u)
run "$binary" "$logs/sound" "${tests[@]}" || {
  echo "the tests fail without any mutant: $logs/sound" >&2
  exit 1
}
grep -q "^test result: ok. ${#tests[@]} passed" "$logs/sound" || {
  echo "a mutant names a test that is not there: $logs/sound" >&2
  exit 1
}

survived=()
for patch in "${patches[@]}"; do
  name=$(basename "$patch" .patch)
  mapfile -t tests < <(guards "$patch")
  git apply "$patch"
  applied=$patch
  verdict=
  if ! binary=$(build "$logs/$name.build") || [ -z "$binary" ]; then
    verdict="does not compile"
  else
    outcome=0
    run "$binary" "$logs/$name" "${tests[@]}" || outcome=$?
    for test in "${tests[@]}"; do
      [ "$outcome" = 124 ] || grep -qF "test $test ... FAILED" "$logs/$name" || verdict="SURVIVED $test"
    done
  fi
  restore
  echo "$name: ${verdict:-caught by ${tests[*]}}"
  [ -z "$verdict" ] || survived+=("$name")
done
[ ${#survived[@]} = 0 ] || {
  echo "not caught: ${survived[*]} (see $logs)" >&2
  exit 1
}
rm -r "$logs"
