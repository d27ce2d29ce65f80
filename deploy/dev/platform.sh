# shellcheck shell=bash disable=SC2154  # ./dev sets root, state and as_server
# `up`, `down` and `run`: the development platform below .roomtone.

platform_up() {
  local port=8080 detach=no rabbitmq=no
  while [ $# -gt 0 ]; do
    case $1 in
      --rabbitmq) rabbitmq=yes ;;
      --detach) detach=yes ;;
      --port)
        port=${2:-}
        shift
        ;;
      --port=*) port=${1#*=} ;;
      *) die "unknown option $1, see ./dev help" ;;
    esac
    shift
  done
  case $port in '' | *[!0-9]*) die "--port wants a number" ;; esac

  lock platform
  if is_running "$state/roomtone.pid"; then
    already_running
    return
  fi
  ! port_is_open "$port" || die "port $port is taken by another program: ./dev up --port N"
  roomtone_pid=
  trap platform_leave EXIT
  remember "$state/up.pid" $$
  start_development_servers "$rabbitmq"
  say "building"
  run cargo build -p roomtone
  start_roomtone "$port" "$detach"
  unlock

  if [ $detach = yes ]; then
    trap - EXIT
    rm -f "$state/up.pid"
    show_welcome
  else
    # In the foreground roomtone has printed all of it itself.
    wait "$roomtone_pid"
  fi
}

# start_development_servers RABBITMQ. Servers the caller has named are used, and none is started.
start_development_servers() {
  local postgres=yes rabbitmq=$1
  [ -z "${ROOMTONE_DATABASE_URL:-}" ] || postgres=no
  [ -z "${ROOMTONE_AMQP_URL:-}" ] || rabbitmq=no
  need_build_tools
  [ $postgres = no ] || need_postgres
  [ "$rabbitmq" = no ] || need_rabbitmq
  install_missing
  if [ $postgres = yes ]; then
    postgres_start "$state" development
    ROOMTONE_DATABASE_URL=$(postgres_url "$state")
  fi
  if [ "$rabbitmq" = yes ]; then
    rabbitmq_start "$state"
    export ROOMTONE_AMQP_URL
    ROOMTONE_AMQP_URL=$(rabbitmq_url "$state")
  fi
  export ROOMTONE_DATABASE_URL ROOMTONE_ENV=development ROOMTONE_STATE_DIR="$state"
}

start_roomtone() {
  local port=$1 detach=$2 log=-
  if [ "$detach" = yes ]; then
    log=$state/roomtone.log
    : >"$log"
  fi
  rm -f "$state/welcome.txt"
  echo "$port" >"$state/roomtone.port"
  say "starting"
  spawn "$state/roomtone.pid" "$log" "${CARGO_TARGET_DIR:-$root/target}/debug/roomtone" up --port "$port"
  roomtone_pid=$!
  wait_until 180 roomtone_settled || true
  roomtone_is_ready && return
  [ "$log" = - ] || tail -n 40 "$log" >&2
  die "roomtone did not become ready"
}

roomtone_is_healthy() {
  is_running "$state/roomtone.pid" &&
    curl --noproxy '*' -fs -m 2 -o /dev/null "http://127.0.0.1:$(cat "$state/roomtone.port")/api/health"
}
# It says welcome when the demo data is there too.
roomtone_is_ready() { [ -s "$state/welcome.txt" ] && roomtone_is_healthy; }
roomtone_settled() { is_gone "$state/roomtone.pid" || roomtone_is_ready; }

already_running() {
  wait_until 30 roomtone_is_healthy ||
    die "roomtone runs (pid $(cut -d' ' -f1 "$state/roomtone.pid")) but does not answer: ./dev down"
  say "already running; ./dev down ends it"
  show_welcome
}

# roomtone leaves in its state directory what it prints when it is ready: addresses and logins.
show_welcome() {
  cat "$state/welcome.txt" 2>/dev/null || echo "Roomtone is ready at http://127.0.0.1:$(cat "$state/roomtone.port")"
}

platform_leave() {
  trap '' INT TERM HUP
  lock platform
  # Since our roomtone ended, another `up` may have begun on the same servers.
  if is_gone "$state/roomtone.pid" || [ "$(cut -d' ' -f1 "$state/roomtone.pid")" = "$roomtone_pid" ]; then
    stop_platform
  fi
  rm -f "$state/up.pid"
}

stop_platform() {
  # As long as the services may need to finish what they hold.
  stop "$state/roomtone.pid" TERM 40
  rm -f "$state/roomtone.port" "$state/welcome.txt"
  rabbitmq_stop "$state"
  postgres_stop "$state"
}

platform_down() {
  local clean=no
  case ${1:-} in
    '') ;;
    --clean) clean=yes ;;
    *) die "unknown option $1, see ./dev help" ;;
  esac
  # An `up` at the terminal, or still building, ends what it started by itself.
  stop "$state/up.pid" TERM 110
  lock platform
  stop_platform
  [ $clean = no ] || clean_platform
  unlock
  servers down
  [ $clean = no ] || clean_test_servers
  [ $clean = no ] || clean_durable_servers
}

# Everything but the tools, the locks (somebody may be waiting at one) and the servers of tests, benchmarks and fuzzing.
clean_platform() {
  remove_server "$state/postgres"
  remove_server "$state/rabbitmq"
  find "$state" -mindepth 1 -maxdepth 1 ! -name tools ! -name locks ! -name test ! -name bench ! -name fuzz -exec rm -rf {} +
}

# platform_run ARGUMENTS…: the command `roomtone` against the development database, which runs just as long
# unless the platform is up.
platform_run() {
  local rabbitmq=no
  is_gone "$state/rabbitmq/pid" || rabbitmq=yes
  lock platform
  become_user platform
  trap run_leave EXIT
  start_development_servers "$rabbitmq"
  unlock
  cargo run -q -p roomtone -- "$@"
}
run_leave() {
  lock platform
  if is_last_user platform && is_gone "$state/roomtone.pid"; then
    stop_platform
  fi
}
