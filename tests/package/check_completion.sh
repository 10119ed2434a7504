#!/bin/bash
# check_completion.sh NOWCTL: what it prints is right for the shells that are here, and completes.
set -euo pipefail
here=$(mktemp -d)
trap 'rm -rf "$here"' EXIT
for shell in bash zsh fish; do
  "$1" completion $shell > "$here/$shell"
  if command -v $shell > /dev/null; then $shell -n "$here/$shell"; else echo "no $shell here: its script was not read"; fi
done

# complete WORD...: what bash offers for the last one.
complete_last() {
  # shellcheck source=/dev/null
  (. "$here/bash" && COMP_WORDS=(nowctl "$@") COMP_CWORD=$# && _nowctl && echo "${COMPREPLY[*]}")
}
# expect OFFERED WORD...
expect() {
  local offered
  offered=$(complete_last "${@:2}")
  if [ "$offered" != "$1" ]; then
    echo "nowctl ${*:2}<tab> offers '$offered', not '$1'"
    exit 1
  fi
}
expect "clocks clock" cl
expect "table json" --format ""
expect "json" --format = j
expect "shift skip" next --gap s
expect "shift skip" --format json next JOB --gap s
expect "--config --cron --count" next --c
expect "--config" jobs --c
expect "bash zsh fish" completion ""
expect "" show ""
touch "$here/a job.yaml"
(cd "$here" && expect "a job.yaml" validate a)
