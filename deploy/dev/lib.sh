# shellcheck shell=bash disable=SC2154  # ./dev sets root, state and as_server
# Messages, locks, ports and processes: what every part of ./dev needs.
# Written for bash 3.2, the one macOS has.

say() { printf '%s\n' "$*" >&2; }
die() {
  say "dev: $*"
  exit 1
}

# wait_until SECONDS COMMAND…: returns as soon as the command succeeds, or fails when the time is over.
wait_until() {
  local deadline=$((SECONDS + $1))
  shift
  until "$@"; do
    [ "$SECONDS" -lt "$deadline" ] || return 1
    sleep 0.1
  done
}

# The lock is file descriptor 9 and lasts until `unlock` or the end of this process. Whatever is
# started closes descriptors 8 and 9, or a server would hold the lock for as long as it lives.
lock() {
  mkdir -p "$state/locks"
  exec 9>"$state/locks/$1"
  if ! flock -n 9; then
    say "waiting for another ./dev to finish starting or stopping"
    flock 9
  fi
}
unlock() { exec 9>&-; }

# Users of servers hold a shared lock, descriptor 8, which ends with them however they end. The last one
# to leave gets it exclusively and may stop the servers.
become_user() {
  mkdir -p "$state/locks"
  exec 8>"$state/locks/$1-users"
  flock -s 8
}
is_last_user() {
  exec 8>"$state/locks/$1-users"
  flock -n 8
}

# --- ports ---

port_is_open() { (exec 3<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null; }

# Below 32768, where the kernel hands out no ephemeral ports: above, a check could connect to itself.
free_port() {
  local port
  while :; do
    port=$((20000 + $(od -An -N2 -tu2 /dev/urandom) % 12000))
    port_is_open "$port" || break
  done
  echo "$port"
}

# port_for FILE: the port remembered in the file while it is free, otherwise a new one, remembered.
port_for() {
  if [ ! -s "$1" ] || port_is_open "$(cat "$1")"; then
    free_port >"$1"
  fi
  cat "$1"
}

# --- processes ---

# A pid file holds the number and the time of birth, so that nothing else that got the number since
# is ever taken for ours. A zombie counts as gone: in a container nobody may be there to reap it.
birth_of() {
  if [ -d /proc/self ]; then
    # Behind the name (which may contain anything): state is field 1, start time field 20.
    sed 's/.*) //' "/proc/$1/stat" 2>/dev/null | awk '$1 != "Z" && $1 != "X" { print $20 }'
  else
    ps -o stat=,lstart= -p "$1" 2>/dev/null | awk '$1 !~ /^Z/ { sub(/^[^ ]+ +/, ""); print }'
  fi
}

remember() { printf '%s %s\n' "$2" "$(birth_of "$2")" >"$1"; }

is_running() {
  local pid birth
  [ -s "$1" ] && read -r pid birth <"$1" && [ -n "$birth" ] && [ "$(birth_of "$pid")" = "$birth" ]
}
is_gone() { ! is_running "$1"; }

# A session of its own keeps a Ctrl-C at the terminal from reaching the process before we stop it in order,
# and makes it the leader of a process group that can be ended as a whole.
own_session() {
  if command -v setsid >/dev/null; then
    exec setsid "$@"
  fi
  exec perl -e 'use POSIX; POSIX::setsid(); exec @ARGV or die $!' "$@"
}

# spawn PIDFILE LOG COMMAND…: a background process that outlives us; the log `-` is our own output.
spawn() {
  local pid_file=$1 log=$2
  shift 2
  (
    [ "$log" = - ] || exec >>"$log" 2>&1
    own_session "$@"
  ) </dev/null 8>&- 9>&- &
  remember "$pid_file" $!
}

# stop PIDFILE SIGNAL SECONDS: asks, waits, and ends the whole group if that was not enough.
stop() {
  if is_running "$1"; then
    local pid
    read -r pid _ <"$1"
    kill "-$2" "$pid"
    if ! wait_until "$3" is_gone "$1"; then
      say "process $pid did not end within $3 s and is killed"
      kill -KILL -- "-$pid" 2>/dev/null || kill -KILL "$pid"
      wait_until 10 is_gone "$1" || die "process $pid cannot be killed"
    fi
  fi
  rm -f "$1"
}

# run COMMAND…: in the foreground, yet interruptible. bash would answer a signal only after its foreground
# child has ended, so the child runs beside us and `interrupted` ends its group.
child=
run() {
  (own_session "$@") 8>&- 9>&- &
  child=$!
  local status=0
  wait "$child" || status=$?
  child=
  return "$status"
}
interrupted() {
  trap '' INT TERM HUP
  if [ -n "$child" ]; then
    kill -TERM -- "-$child" 2>/dev/null || true
    wait "$child" 2>/dev/null || true
  fi
  exit 130
}

# --- the user the servers run as ---

# PostgreSQL refuses to run as root, so root lends its servers an unprivileged user.
set_server_user() {
  as_server=(env)
  server_user=$(id -un)
  [ "$(id -u)" = 0 ] || return 0
  command -v setpriv >/dev/null || die "run ./dev as an ordinary user on this system"
  server_user=nobody
  id postgres >/dev/null 2>&1 && server_user=postgres
  # From the root directory, because the user may not be allowed to enter the current one.
  as_server=(env --chdir=/ setpriv "--reuid=$server_user" "--regid=$(id -g "$server_user")" --clear-groups --)
}

# home_for DIR [memory]: a directory the server user can work in. Normally DIR/home; where that user may not enter
# the checkout (/root is closed), DIR/home is a link to a directory outside. With `memory` the link leads into /dev/shm,
# where there is room.
home_for() {
  local link=$1/home
  mkdir -p "$1"
  if [ ! -e "$link" ] && [ "${2:-}" = memory ] && has_memory; then
    rm -f "$link"
    ln -s "$(mktemp -d /dev/shm/roomtone.XXXXXX)" "$link"
  elif [ ! -e "$link" ]; then
    rm -f "$link"
    mkdir -m 700 "$link"
    adopt "$link"
    if ! "${as_server[@]}" test -w "$link"; then
      rmdir "$link"
      ln -s "$(mktemp -d /var/tmp/roomtone.XXXXXX)" "$link"
      adopt "$link/."
      "${as_server[@]}" test -w "$(readlink "$link")" ||
        die "$server_user can write neither below $1 nor in /var/tmp"
    fi
  fi
  # Whom it belonged to at the last start may have been somebody else: the package brings its own user.
  adopt "$link/."
  (cd -P "$link" && pwd)
}
# Of the shared memory file system; a container has hardly any. Its use counts as memory.
has_memory() {
  local free_kib
  free_kib=$(df -Pk /dev/shm 2>/dev/null | awk 'NR == 2 { print $4 }')
  [ "${free_kib:-0}" -ge $((3 * 1024 * 1024)) ] && [ -w /dev/shm ]
}
adopt() { [ "$(id -u)" != 0 ] || chown -R "$server_user" "$1"; }

# remove_server DIR: its data too when that stands outside.
remove_server() {
  [ ! -L "$1/home" ] || rm -rf "$(readlink "$1/home")"
  rm -rf "$1"
}
# Gives back what a stopped server of DIR holds in memory.
free_memory() {
  case $(readlink "$1/home" 2>/dev/null) in /dev/shm/*) remove_server "$1" ;; esac
}

random_secret() { od -An -N16 -tx1 /dev/urandom | tr -d ' \n'; }
