# Every job of the repository. `./dev <recipe>` is the same and brings `just` itself along.

set shell := ["bash", "-euo", "pipefail", "-c"]
set positional-arguments

# Warnings are errors here and in CI, not while one is still typing.
deny_warnings := "-D warnings"

# List the recipes.
default:
    @just --list --unsorted

# Build and run the platform with demo data (--rabbitmq, --detach, --port N).
up *args:
    ./dev up "$@"

# End what `up` started; --clean drops the data too.
down *args:
    ./dev down "$@"

# The whole test suite, or what the arguments of cargo test choose.
test *args:
    ./dev test "$@"

# Fuzz the API from its OpenAPI document with each role's token (--short, --seed N, --role ROLE, --operation ID).
fuzz *args:
    ./dev fuzz "$@"

# All checks that need no server: format, clippy, documentation.
lint: fmt-check clippy doc

# Format the code.
fmt:
    cargo fmt --all

# Fail where the code is not formatted.
fmt-check:
    cargo fmt --all --check

# Clippy with the workspace's lints, on everything.
clippy:
    cargo clippy --workspace --all-targets --locked -- {{ deny_warnings }}

# Build the documentation; a broken link is an error.
doc:
    RUSTDOCFLAGS="{{ deny_warnings }}" cargo doc --workspace --no-deps --locked

# The same of the libraries, from what the tests have compiled.
doc-from-tests:
    RUSTDOC={{ justfile_directory() }}/deploy/dev/rustdoc.sh cargo test --workspace --doc --locked

# Compile the tests without running them.
compile-tests:
    cargo test --workspace --no-run --locked

# Bring the databases of `up` to the newest migration.
migrate:
    ./dev run migrate

# Print the schema.rs that belongs to the migrations (of one service: `just schema booking`); --check compares.
schema *args:
    ./dev servers with cargo run -q -p house --bin schema -- "$@"

# Write the OpenAPI documents anew after a change of the API.
openapi:
    cargo run -q -p roomtone -- openapi

# The benchmarks (all, or gateway, login, logout, booking, search, times, ledger, balances, events, webhooks, payments, reconciliation, memory), written to docs/benchmarks.md.
bench *args:
    ./dev servers durable cargo run --release -p bench -- "$@"

# The heavy checks of the tests at full size: races, kills and faults.
soak *args:
    ROOMTONE_SOAK=full ./dev test --workspace "$@"

# Break the ledger on purpose, one way after the other (or by name), and see that its tests notice.
mutants *args:
    ./dev servers with deploy/dev/mutants.sh "$@"

# Check the shell scripts (needs shellcheck).
shell-check:
    shellcheck -x dev .ci/run deploy/dev/*.sh

# What CI runs.
ci:
    .ci/run
