# shellcheck shell=bash disable=SC2154  # ./dev sets root, state and as_server
# A private RabbitMQ below DIR/rabbitmq, with its own Erlang port mapper, cookie and ports, so that it meets
# no other node of this machine.

rabbitmq_start() {
  local dir=$1/rabbitmq home attempt
  is_running "$dir/pid" && is_running "$dir/epmd.pid" && return
  say "starting RabbitMQ"
  rabbitmq_stop "$1"
  set_server_user
  home=$(home_for "$dir")
  for attempt in 1 2 3; do
    rabbitmq_spawn "$dir" "$home"
    wait_until 90 rabbitmq_settled "$dir" || true
    rabbitmq_ready "$dir" && return
    rabbitmq_stop "$1"
    say "RabbitMQ did not start (attempt $attempt):"
    tail -n 15 "$dir/log" >&2
    rm -f "$dir"/*port
  done
  die "RabbitMQ does not start, see $dir/log"
}

rabbitmq_spawn() {
  local dir=$1 home=$2 port epmd_port
  port=$(port_for "$dir/port")
  epmd_port=$(port_for "$dir/epmd.port")
  rabbitmq_configure "$home" "$port"
  : >"$dir/log"
  # Started by us rather than by Erlang, which would leave it behind as a daemon.
  spawn "$dir/epmd.pid" "$dir/log" "${as_server[@]}" epmd -port "$epmd_port" -address 127.0.0.1
  wait_until 10 port_is_open "$epmd_port" || true
  # RUNNING_UNDER_SYSTEMD makes the start script replace itself by the server, so that the pid is the server's.
  # The busy waiting of Erlang's schedulers is off: it takes a core from the tests.
  spawn "$dir/pid" "$dir/log" "${as_server[@]}" env -u NOTIFY_SOCKET \
    HOME="$home" RUNNING_UNDER_SYSTEMD=true \
    ERL_EPMD_PORT="$epmd_port" ERL_EPMD_ADDRESS=127.0.0.1 \
    RABBITMQ_NODENAME=roomtone@localhost RABBITMQ_DIST_PORT="$(port_for "$dir/dist.port")" \
    RABBITMQ_CONF_ENV_FILE="$home/env.conf" RABBITMQ_CONFIG_FILE="$home/rabbitmq.conf" \
    RABBITMQ_ENABLED_PLUGINS_FILE="$home/plugins" RABBITMQ_PID_FILE="$home/node.pid" \
    RABBITMQ_MNESIA_BASE="$home/data" RABBITMQ_LOG_BASE="$home/log" RABBITMQ_LOGS=- \
    RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS="-kernel inet_dist_use_interface {127,0,0,1} +sbwt none +sbwtdcpu none +sbwtdio none" \
    "$(rabbitmq_server)"
}

# The empty env.conf keeps the system's from being read. The write-ahead log of quorum queues may grow to 512 MB
# by default, and is held in memory.
rabbitmq_configure() {
  local home=$1
  mkdir -p "$home/data" "$home/log"
  [ -s "$home/.erlang.cookie" ] || random_secret >"$home/.erlang.cookie"
  : >"$home/env.conf"
  echo '[].' >"$home/plugins"
  cat >"$home/rabbitmq.conf" <<CONF
listeners.tcp.1 = 127.0.0.1:$2
log.console.level = warning
disk_free_limit.absolute = 50MB
raft.wal_max_size_bytes = 67108864
CONF
  adopt "$home"
  chmod 400 "$home/.erlang.cookie"
}

# The listener is opened last of all, when everything else of the broker runs.
rabbitmq_ready() { is_running "$1/pid" && port_is_open "$(cat "$1/port")"; }
rabbitmq_settled() { is_gone "$1/pid" || rabbitmq_ready "$1"; }

rabbitmq_stop() {
  stop "$1/rabbitmq/pid" TERM 30
  stop "$1/rabbitmq/epmd.pid" TERM 5
}

rabbitmq_url() { echo "amqp://guest:guest@127.0.0.1:$(cat "$1/rabbitmq/port")/%2f"; }
