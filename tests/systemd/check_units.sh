#!/bin/sh
# check_units.sh UNIT SYSUSERS TMPFILES: the unit is well-formed, and no more exposed than 1.5 of 10. 77: skipped.
set -eu
if ! command -v systemd-analyze > /dev/null; then
  echo "skipped: no systemd-analyze on this system"
  exit 77
fi
# Of other units on this system nothing is asked.
systemd-analyze verify --man=no --recursive-errors=no "$1"
systemd-analyze security --offline=true --no-pager --threshold=15 "$1"

root=$(mktemp -d)
trap 'rm -rf "$root"' EXIT
mkdir -p "$root/etc"
systemd-sysusers --root="$root" - < "$2"
grep -q '^nowd:' "$root/etc/passwd"
if [ "$(id -u)" -eq 0 ]; then
  echo root:x:0:0:root:/root:/bin/sh >> "$root/etc/passwd"
  echo root:x:0: >> "$root/etc/group"
  systemd-tmpfiles --root="$root" --create - < "$3"
  test "$(stat -c %a "$root/etc/nowd/credentials")" = 700
fi
