#!/bin/sh
# check_pages.sh DIR: man and mandoc have nothing to complain about in DIR's pages. 77: neither is here.
set -eu
checked=
for page in "$1"/*.[1-9]; do
  if command -v mandoc > /dev/null; then
    mandoc -T lint -W warning "$page"
    checked=1
  fi
  if man --version > /dev/null 2>&1; then
    said=$(LC_ALL=C.UTF-8 MANROFFSEQ='' man -l --warnings -Tutf8 "$page" 2>&1 > /dev/null)
    if [ -n "$said" ]; then
      echo "$page: $said"
      exit 1
    fi
    checked=1
  fi
done
if [ -z "$checked" ]; then
  echo "skipped: neither mandoc nor man on this system"
  exit 77
fi
