#!/bin/sh
# Opens doors.
. ./lock.sh
source lib/signs.sh

MOST=3

# Says it.
say() {
  local text="$1"
  printf '%s\n' "$text" | tee -a "$(log_path)"
}

for door in front back; do
  if open_door "$door"; then say "open $door"; fi
done
