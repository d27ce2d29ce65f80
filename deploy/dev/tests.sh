# shellcheck shell=bash disable=SC2154  # ./dev sets root, state and as_server
# `test` and `servers`: the test suite and the servers it needs, apart from those of `up` and shared by
# everybody who tests in this checkout at the same time.

test_servers_start() {
  need_build_tools
  [ -n "${ROOMTONE_TEST_DATABASE_URL:-}" ] || need_postgres
  [ -n "${ROOMTONE_TEST_AMQP_URL:-}" ] || need_rabbitmq
  [ -n "${ROOMTONE_TEST_REDIS_URL:-}" ] || need_redis
  install_missing
  lock test
  become_user test
  if [ -z "${ROOMTONE_TEST_DATABASE_URL:-}" ]; then
    postgres_start "$state/test" test
    ROOMTONE_TEST_DATABASE_URL=$(postgres_url "$state/test")
  fi
  if [ -z "${ROOMTONE_TEST_AMQP_URL:-}" ]; then
    rabbitmq_start "$state/test"
    ROOMTONE_TEST_AMQP_URL=$(rabbitmq_url "$state/test")
  fi
  if [ -z "${ROOMTONE_TEST_REDIS_URL:-}" ]; then
    redis_start "$state/test"
    ROOMTONE_TEST_REDIS_URL=$(redis_url "$state/test")
  fi
  export ROOMTONE_TEST_DATABASE_URL ROOMTONE_TEST_AMQP_URL ROOMTONE_TEST_REDIS_URL
  unlock
}

# Answers whether they were stopped: not while somebody else uses them.
test_servers_stop() {
  lock test
  local status=1
  if is_last_user test; then
    status=0
    redis_stop "$state/test"
    rabbitmq_stop "$state/test"
    postgres_stop "$state/test"
    free_memory "$state/test/postgres"
  fi
  exec 8>&-
  unlock
  return "$status"
}
# `./dev servers up` asked to keep them.
test_servers_leave() {
  exec 8>&-
  [ -e "$state/test/keep" ] || test_servers_stop || true
}

servers() {
  case ${1:-} in
    up)
      mkdir -p "$state/test"
      : >"$state/test/keep"
      test_servers_start
      print_test_env
      ;;
    down)
      rm -f "$state/test/keep"
      test_servers_stop || say "the test servers are in use and end with the last ./dev test"
      ;;
    env)
      is_running "$state/test/postgres/pid" || die "the test servers do not run: ./dev servers up"
      ROOMTONE_TEST_DATABASE_URL=$(postgres_url "$state/test")
      ROOMTONE_TEST_AMQP_URL=$(rabbitmq_url "$state/test")
      ROOMTONE_TEST_REDIS_URL=$(redis_url "$state/test")
      print_test_env
      ;;
    with)
      shift
      trap test_servers_leave EXIT
      test_servers_start
      "$@"
      ;;
    durable)
      shift
      durable_servers "$@"
      ;;
    *) die "usage: ./dev servers up|down|env|with COMMAND|durable COMMAND" ;;
  esac
}

print_test_env() {
  echo "export ROOMTONE_TEST_DATABASE_URL='$ROOMTONE_TEST_DATABASE_URL'"
  echo "export ROOMTONE_TEST_AMQP_URL='$ROOMTONE_TEST_AMQP_URL'"
  echo "export ROOMTONE_TEST_REDIS_URL='$ROOMTONE_TEST_REDIS_URL'"
}

clean_test_servers() {
  lock test
  if is_gone "$state/test/postgres/pid"; then
    remove_server "$state/test/postgres"
    remove_server "$state/test/rabbitmq"
    remove_server "$state/test/redis"
    rm -rf "$state/test"
  fi
  unlock
}

# run_tests [arguments of cargo test]
run_tests() {
  local output status=0
  output=$(mktemp)
  # shellcheck disable=SC2064  # the name is wanted as it is now
  trap "test_servers_leave; rm -f '$output'" EXIT
  test_servers_start
  get_browser
  names_targets "$@" || has_doc_examples || set -- --tests "$@"
  names_packages "$@" || set -- --workspace "$@"
  # shellcheck disable=SC2016  # expanded by the inner shell
  run bash -c 'set -o pipefail; out=$1; shift; cargo test --no-fail-fast "$@" | tee "$out"' test "$output" "$@" || status=$?
  summarise "$output" "$status"
}

names_packages() {
  local argument
  for argument; do
    case $argument in
      --) return 1 ;;
      -p* | --package* | --workspace | --all | --manifest-path*) return 0 ;;
    esac
  done
  return 1
}

names_targets() {
  local argument
  for argument; do
    case $argument in
      --) return 1 ;;
      --lib | --doc | --bin* | --test | --test=* | --tests | --example* | --bench* | --all-targets) return 0 ;;
    esac
  done
  return 1
}

# Where there is none, rustdoc would compile every crate once more to find that out.
has_doc_examples() {
  grep -rqE '^[[:space:]]*//[/!] ```(rust|no_run|should_panic|compile_fail)?[[:space:]]*$' --include='*.rs' crates services tests
}

# One line for all test binaries together. A build that fails and a binary that dies leave no result of
# their own: they count as one failure, and a run without any test is none that passed.
summarise() {
  local output=$1 status=$2 passed failed skipped
  read -r passed failed skipped < <(awk '/^test result:/ {
    for (i = 2; i <= NF; i++) { if ($i ~ /^passed/) p += $(i-1); if ($i ~ /^failed/) f += $(i-1); if ($i ~ /^ignored/) s += $(i-1) }
  } END { print p + 0, f + 0, s + 0 }' "$output")
  if [ "$status" != 0 ] && [ "$failed" = 0 ]; then
    say "the build failed or a test program ended without a result (status $status)"
    failed=1
  elif [ "$((passed + failed))" = 0 ]; then
    say "no test ran"
    status=1
  fi
  echo "$passed passed, $failed failed, $skipped skipped"
  return "$status"
}
