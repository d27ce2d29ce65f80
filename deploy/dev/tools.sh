# shellcheck shell=bash disable=SC2154  # ./dev sets root, state and as_server
# What has to be on the machine. Nothing is installed, and no package list fetched, unless it is missing.

# postgres_bin [MAJOR]: where the server's programs are; the newest, or those of one major version.
# Debian keeps them out of PATH because several versions can stand side by side.
# shellcheck disable=SC2120
postgres_bin() {
  local dir found=
  for dir in /usr/lib/postgresql/*/bin /opt/homebrew/opt/postgresql@*/bin /usr/local/opt/postgresql@*/bin \
    "$(dirname "$(readlink -f "$(command -v postgres || echo /none/postgres)")")"; do
    [ -x "$dir/initdb" ] || continue
    [ -z "${1:-}" ] || [ "$(pg_major "$dir")" = "$1" ] || continue
    [ -n "$found" ] && [ "$(pg_major "$dir")" -le "$(pg_major "$found")" ] || found=$dir
  done
  [ -n "$found" ] && echo "$found"
}
pg_major() { "$1/postgres" --version | sed -E 's/[^0-9]*([0-9]+).*/\1/'; }

# Debian's wrapper in PATH insists on being root or rabbitmq; the script behind it does not.
rabbitmq_server() {
  local file
  for file in /usr/lib/rabbitmq/bin/rabbitmq-server /opt/homebrew/sbin/rabbitmq-server /usr/local/sbin/rabbitmq-server; do
    [ ! -x "$file" ] || {
      echo "$file"
      return
    }
  done
  return 1
}

need_build_tools() {
  command -v cargo >/dev/null || PATH=$PATH:$HOME/.cargo/bin
  command -v cargo >/dev/null || die "Rust is missing: see https://rustup.rs"
  # The cryptography of aws-lc and zstd is C.
  command -v cc >/dev/null || missing "gcc libc6-dev" ""
  command -v curl >/dev/null || missing "curl ca-certificates" curl
}
# shellcheck disable=SC2119
need_postgres() { postgres_bin >/dev/null || missing postgresql postgresql@17; }
need_redis() { command -v redis-server >/dev/null || missing redis-server redis; }
need_rabbitmq() { rabbitmq_server >/dev/null || missing rabbitmq-server rabbitmq; }
# pgbench comes with the server. Debian keeps nginx out of an ordinary user's PATH.
need_measuring_tools() {
  command -v wrk >/dev/null || missing wrk wrk
  command -v nginx >/dev/null || [ -x /usr/sbin/nginx ] || missing nginx-light nginx
  [ -x "$(postgres_bin)/pgbench" ] || missing postgresql-contrib postgresql@17
}
need_locks() {
  command -v flock >/dev/null || missing util-linux flock
  install_missing
}

# missing APT BREW: collected first, so that one installation brings everything.
apt_packages=
brew_packages=
missing() {
  apt_packages="$apt_packages $1"
  brew_packages="$brew_packages $2"
}

install_missing() {
  [ -n "$apt_packages" ] || return 0
  if command -v apt-get >/dev/null; then
    say "installing with apt-get:$apt_packages"
    # apt may start the packaged daemons on their standard ports. They are left alone: ours are private.
    # shellcheck disable=SC2086
    if ! { apt_update && apt_install $apt_packages; } >&2; then
      die "apt-get failed; install$apt_packages by hand"
    fi
  elif command -v brew >/dev/null; then
    say "installing with brew:$brew_packages"
    # shellcheck disable=SC2086
    brew install $brew_packages >&2 || die "brew failed; install$brew_packages by hand"
  else
    die "please install:$apt_packages (neither apt-get nor brew is here)"
  fi
  apt_packages=
  brew_packages=
}

# Chromium and its driver, for the one test that pays on a page as a person does. Where apt has none (Ubuntu has a snap)
# or installing is not allowed, that test says that it is skipped. It is tried once: the log in .roomtone says why it failed.
get_browser() {
  ! command -v chromedriver >/dev/null || return 0
  local packages="chromium chromium-driver" log=$state/browser.log
  if command -v apt-get >/dev/null && [ ! -e "$log" ]; then
    say "installing with apt-get: $packages"
    # shellcheck disable=SC2086
    apt_install $packages >"$log" 2>&1 || { apt_update && apt_install $packages; } >>"$log" 2>&1 || true
  fi
  if command -v chromedriver >/dev/null; then rm -f "$log"; else
    say "without chromium and chromedriver (see $log) paying in a browser is not tested"
  fi
}
apt_update() { as_root apt-get -o DPkg::Lock::Timeout=300 update -qq; }
apt_install() { as_root apt-get -o DPkg::Lock::Timeout=300 install -y -qq --no-install-recommends "$@"; }

as_root() {
  if [ "$(id -u)" = 0 ]; then
    DEBIAN_FRONTEND=noninteractive "$@" </dev/null
  elif [ -t 0 ]; then
    sudo DEBIAN_FRONTEND=noninteractive "$@"
  else
    sudo -n DEBIAN_FRONTEND=noninteractive "$@"
  fi
}

# rustup's minimal profile comes without them.
need_lints() {
  command -v cargo-clippy >/dev/null && command -v cargo-fmt >/dev/null && return 0
  ! command -v rustup >/dev/null || rustup component add clippy rustfmt
}

# `just` runs the recipes; up, test and down do without it. The wheel is a ready binary: seconds, not a minute.
need_just() {
  PATH=$PATH:$state/tools/bin:$state/tools/venv/bin
  command -v just >/dev/null && return
  lock tools
  if ! command -v just >/dev/null; then
    say "installing just into .roomtone/tools"
    { python3 -m venv "$state/tools/venv" && "$state/tools/venv/bin/pip" install -q rust-just; } >/dev/null 2>&1 ||
      cargo install --quiet --locked --root "$state/tools" just || die "just could not be installed"
  fi
  unlock
}
