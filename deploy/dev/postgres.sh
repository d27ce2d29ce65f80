# shellcheck shell=bash disable=SC2154  # ./dev sets root, state and as_server
# A private PostgreSQL below DIR/postgres: own data, port and password; an ordinary process, no daemon of the system.

# postgres_start DIR KIND, KIND being `development` (safe on disk), `bench` (as safe, for whoever fills tables past their
# triggers) or `test` (fast, may be lost). A test's database is some hundred files: ext4 without a journal avoids the inodes
# of files deleted in the last minutes one by one, which was a sixth of the suite's processor time, so they are in memory.
postgres_start() {
  local dir=$1/postgres kind=$2 home bin attempt place=
  is_running "$dir/pid" && return
  set_server_user
  [ "$kind" != test ] || place=memory
  home=$(home_for "$dir" $place)
  [ -s "$home/data/PG_VERSION" ] || postgres_create "$dir" "$home" "$kind"
  bin=$(postgres_bin "$(cat "$home/data/PG_VERSION")") ||
    die "the data of $dir needs PostgreSQL $(cat "$home/data/PG_VERSION"); install it or drop the data: ./dev down --clean"
  # Somebody else can take the port between our look and the start: then another one is tried.
  for attempt in 1 2 3; do
    postgres_spawn "$dir" "$home" "$bin" "$kind"
    wait_until 60 postgres_settled "$dir" "$home" || true
    postgres_ready "$dir" "$home" && return
    stop "$dir/pid" QUIT 5
    say "PostgreSQL did not start (attempt $attempt):"
    tail -n 5 "$dir/log" >&2
    rm -f "$dir/port"
  done
  die "PostgreSQL does not start, see $dir/log"
}

# Built aside and moved into place, so that data that is there is always complete.
# Only TCP on loopback, with a password; no socket file, whose path could be too long.
postgres_create() {
  local dir=$1 home=$2 kind=$3 bin
  bin=$(postgres_bin)
  random_secret >"$dir/password"
  chmod 600 "$dir/password"
  rm -rf "$home/data" "$home/new"
  cp "$dir/password" "$home/password"
  adopt "$home/password"
  # The roles of tests and benchmarks may do everything; that of the platform only what a hosted database would allow.
  local superuser=postgres locale=C.UTF-8
  [ "$kind" = development ] || superuser=roomtone
  locale -a 2>/dev/null | grep -qiE '^C\.utf-?8$' || locale=en_US.UTF-8
  {
    "${as_server[@]}" "$bin/initdb" --pgdata="$home/new" --username="$superuser" --pwfile="$home/password" \
      --auth=scram-sha-256 --encoding=UTF8 --locale="$locale" --no-sync
    [ "$kind" != development ] ||
      echo "CREATE ROLE roomtone LOGIN CREATEDB CREATEROLE PASSWORD '$(cat "$dir/password")'" |
      "${as_server[@]}" "$bin/postgres" --single -D "$home/new" postgres
  } >"$dir/log" 2>&1 || {
    tail -n 20 "$dir/log" >&2
    die "PostgreSQL's data could not be created"
  }
  rm -f "$home/password"
  mv "$home/new" "$home/data"
}

postgres_spawn() {
  local dir=$1 home=$2 bin=$3 kind=$4 settings
  if [ "$kind" != test ]; then
    settings=(-c shared_buffers=256MB -c max_connections=300)
  else
    settings=(-c shared_buffers=128MB -c max_connections=400
      -c fsync=off -c synchronous_commit=off -c full_page_writes=off)
  fi
  : >"$dir/log"
  spawn "$dir/pid" "$dir/log" "${as_server[@]}" "$bin/postgres" -D "$home/data" \
    -c listen_addresses=127.0.0.1 -c port="$(port_for "$dir/port")" -c unix_socket_directories= "${settings[@]}"
}

# The server itself writes into its pid file when it accepts sessions.
postgres_ready() {
  is_running "$1/pid" &&
    [ "$(sed -n '1p;8p' "$2/data/postmaster.pid" 2>/dev/null | tr -d ' \n')" = "$(cut -d' ' -f1 "$1/pid")ready" ]
}
postgres_settled() { is_gone "$1/pid" || postgres_ready "$@"; }

# SIGINT is PostgreSQL's fast shutdown: sessions are cut, the data is clean.
postgres_stop() { stop "$1/postgres/pid" INT 30; }

# Without a database name: every service uses the database named like itself.
postgres_url() {
  echo "postgres://roomtone:$(cat "$1/postgres/password")@127.0.0.1:$(cat "$1/postgres/port")"
}
