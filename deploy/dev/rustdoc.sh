#!/usr/bin/env bash
# Documents what Cargo gives it to test. `cargo doc` compiles the metadata of every dependency anew for it; doc tests take
# what the tests have compiled. As RUSTDOC of `cargo test --doc`.
set -euo pipefail

arguments=(--deny=warnings "--out-dir=${CARGO_TARGET_DIR:-target}/doc")
while [ $# -gt 0 ]; do
  case $1 in
    --test) ;;
    --test-run-directory | --test-args) shift ;;
    *) arguments+=("$1") ;;
  esac
  shift
done
exec rustdoc "${arguments[@]}"
