#!/bin/bash
# Compile the parts of the sample VNF that busybox lacks: compile.sh OUT
set -euo pipefail
here=$(dirname "$(readlink -f "$0")")
gcc -O2 -static -s -Wall -Wextra -o "$1" "$here"/src/*.c
