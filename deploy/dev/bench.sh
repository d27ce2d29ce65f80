# shellcheck shell=bash disable=SC2154  # ./dev sets root, state and as_server
# `servers durable`: servers to measure on, apart from all others and for one command at a time. They have the settings of
# `up`, so that a commit is on disk when it is answered.

durable_servers() {
  [ $# -gt 0 ] || die "usage: ./dev servers durable COMMAND"
  need_build_tools
  need_postgres
  need_rabbitmq
  need_measuring_tools
  install_missing
  # Held to the end: two measurements at once would measure each other.
  lock bench
  trap durable_servers_stop EXIT
  postgres_start "$state/bench" bench
  rabbitmq_start "$state/bench"
  export ROOMTONE_BENCH_DIR=$state/bench/work ROOMTONE_BENCH_DATABASE_URL ROOMTONE_BENCH_AMQP_URL
  ROOMTONE_BENCH_DATABASE_URL=$(postgres_url "$state/bench")
  ROOMTONE_BENCH_AMQP_URL=$(rabbitmq_url "$state/bench")
  mkdir -p "$ROOMTONE_BENCH_DIR"
  run "$@"
}

durable_servers_stop() {
  trap '' INT TERM HUP
  rabbitmq_stop "$state/bench"
  postgres_stop "$state/bench"
  remove_server "$state/bench/postgres"
  remove_server "$state/bench/rabbitmq"
  rm -rf "$state/bench"
}

# What a measurement that was killed has left.
clean_durable_servers() {
  mkdir -p "$state/locks"
  exec 9>"$state/locks/bench"
  ! flock -n 9 || durable_servers_stop
  unlock
}
