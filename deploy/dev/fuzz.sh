# shellcheck shell=bash disable=SC2154  # ./dev sets root, state and as_server
# `fuzz`: schemathesis against a platform of its own, with the demo data, that ends with the run.

schemathesis=4.32.5
fuzz_roles="anonymous customer staff owner support admin"

run_fuzz() {
  local form=long seed=20270328 role='' operation=''
  while [ $# -gt 0 ]; do
    case $1 in
      --short) form=short ;;
      --seed) seed=${2:-} && shift ;;
      --role) role=${2:-} && shift ;;
      --operation) operation=${2:-} && shift ;;
      *) die "unknown option $1: ./dev fuzz [--short] [--seed N] [--role ROLE] [--operation ID]" ;;
    esac
    shift
  done
  case $seed in '' | *[!0-9]*) die "--seed wants a number" ;; esac
  case " $fuzz_roles all  " in *" $role "*) ;; *) die "--role wants one of: $fuzz_roles" ;; esac

  need_build_tools
  need_postgres
  install_missing
  need_schemathesis || return 0
  lock fuzz
  trap fuzz_leave EXIT
  fuzz_platform
  say "seed $seed; the same again: ./dev fuzz$([ $form = long ] || echo " --short") --seed $seed"
  fuzz_$form "$seed" "$role" "$operation"
}

# Without Python, or where nothing can be downloaded, there is no fuzzing; everything else of the gate still tells.
need_schemathesis() {
  local venv=$state/tools/schemathesis-$schemathesis
  st=$venv/bin/st
  [ ! -x "$st" ] || return 0
  if ! command -v python3 >/dev/null; then
    say "fuzzing is SKIPPED: python3 is missing"
    return 1
  fi
  say "installing schemathesis $schemathesis into .roomtone/tools"
  mkdir -p "$state/tools"
  rm -rf "$venv"
  if ! { python3 -m venv "$venv" && "$venv/bin/pip" install -q "schemathesis==$schemathesis"; } >"$venv.log" 2>&1; then
    tail -n 3 "$venv.log" >&2
    rm -rf "$venv"
    say "fuzzing is SKIPPED: schemathesis $schemathesis could not be installed from PyPI (python3 -m venv, pip)"
    return 1
  fi
}

# On servers of its own, like a benchmark: neither data of `up` nor a running test is touched.
fuzz_platform() {
  local port
  postgres_start "$state/fuzz" test
  export ROOMTONE_ENV=development ROOMTONE_STATE_DIR=$state/fuzz ROOMTONE_DATABASE_URL
  ROOMTONE_DATABASE_URL=$(postgres_url "$state/fuzz")
  say "building"
  # As the tests build it: after them nothing is left to do.
  run cargo test --workspace --no-run --test openapi
  port=$(free_port)
  roomtone=${CARGO_TARGET_DIR:-$root/target}/debug/roomtone
  fuzz_url=http://127.0.0.1:$port
  rm -f "$state/fuzz/welcome.txt"
  say "starting"
  : >"$state/fuzz/roomtone.log"
  spawn "$state/fuzz/roomtone.pid" "$state/fuzz/roomtone.log" "$roomtone" up --port "$port"
  wait_until 180 fuzz_settled || true
  if [ ! -s "$state/fuzz/welcome.txt" ]; then
    tail -n 40 "$state/fuzz/roomtone.log" >&2
    die "roomtone did not become ready"
  fi
  export ROOMTONE_FUZZ_URL=$fuzz_url ROOMTONE_FUZZ_SCENE=$state/fuzz/scene.json
  export ROOMTONE_FUZZ_SUPPORT=support@example.com PYTHONPATH=$root/tests/fuzz PYTHONDONTWRITEBYTECODE=1
  ROOMTONE_ADMIN_PASSWORD="correct horse battery staple" \
    "$roomtone" admin create --role support --email "$ROOMTONE_FUZZ_SUPPORT" >/dev/null
  "$(dirname "$st")/python" tests/fuzz/scene.py "$fuzz_url" "$ROOMTONE_FUZZ_SCENE"
}
fuzz_settled() { is_gone "$state/fuzz/roomtone.pid" || [ -s "$state/fuzz/welcome.txt" ]; }

# One run in which every request is another role's: six runs would spend the time on starting.
fuzz_short() {
  fuzz_as "${2:-all}" "$1" "$3" --phases examples,coverage,fuzzing --max-examples 8
}

fuzz_long() {
  local role status=0
  for role in ${2:-$fuzz_roles}; do
    fuzz_as "$role" "$1" "$3" --max-examples 40 || status=1
  done
  return "$status"
}

# fuzz_as ROLE SEED OPERATION ARGUMENTS…
fuzz_as() {
  local role=$1 seed=$2 operation=$3 status=0
  shift 3
  [ -z "$operation" ] || set -- "$@" --include-operation-id "$operation"
  say "== $role"
  ROOMTONE_FUZZ_ROLE=$role run "$st" --config-file "$root/tests/fuzz/schemathesis.toml" run "$fuzz_url/api/openapi.json" \
    --url "$fuzz_url" --seed "$seed" "$@" || status=$?
  is_running "$state/fuzz/roomtone.pid" || die "the platform has ended, see $state/fuzz/roomtone.log"
  return "$status"
}

fuzz_leave() {
  trap '' INT TERM HUP
  stop "$state/fuzz/roomtone.pid" TERM 40
  postgres_stop "$state/fuzz"
  remove_server "$state/fuzz/postgres"
}
