#!/usr/bin/env bash
# Makes kiosk.wav and staff.wav again. Needs espeak-ng 1.51 and sox 14.4. The recordings are committed, so
# nothing in the build or the tests runs this.
set -euo pipefail
cd "$(dirname "$0")"
raw=$(mktemp --suffix=.wav)
trap 'rm -f "$raw"' EXIT
speak() { # NAME VOICE PITCH WORDS_A_MINUTE
  espeak-ng -v "$2" -p "$3" -s "$4" -f "$1.txt" -w "$raw"
  sox -D -v 0.5 "$raw" -r 48000 -c 1 -b 16 "$1.wav" highpass 60 gain -n -6 pad 0.4 0.4
}
speak kiosk en-us+f3 55 165
speak staff en-gb-x-rp+m3 42 156
