# shellcheck shell=bash disable=SC2154  # ./dev sets root, state and as_server
# A private Redis below DIR/redis: own port on loopback, nothing on disk.

redis_start() {
  local dir=$1/redis home attempt
  is_running "$dir/pid" && return
  set_server_user
  home=$(home_for "$dir")
  for attempt in 1 2 3; do
    : >"$dir/log"
    spawn "$dir/pid" "$dir/log" "${as_server[@]}" redis-server --bind 127.0.0.1 --port "$(port_for "$dir/port")" \
      --save '' --appendonly no --daemonize no --dir "$home" --maxmemory 64mb
    wait_until 20 redis_settled "$dir" || true
    redis_ready "$dir" && return
    stop "$dir/pid" TERM 5
    say "Redis did not start (attempt $attempt):"
    tail -n 5 "$dir/log" >&2
    rm -f "$dir/port"
  done
  die "Redis does not start, see $dir/log"
}

redis_ready() { is_running "$1/pid" && port_is_open "$(cat "$1/port")"; }
redis_settled() { is_gone "$1/pid" || redis_ready "$1"; }
redis_stop() { stop "$1/redis/pid" TERM 10; }
redis_url() { echo "redis://127.0.0.1:$(cat "$1/redis/port")"; }
