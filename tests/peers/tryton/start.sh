#!/bin/sh
# A real Tryton ERP with Chilean debtors, on the loopback interface, until interrupted.
# usage: start.sh [FOLDER] [PARTIES] [PORT]
set -eu
here=$(cd "$(dirname "$0")" && pwd)
exec "${PYTHON:-python3}" "$here/../tryton_peer.py" \
    --folder "${1:-$here/../.cache/tryton/run}" --parties "${2:-300}" --port "${3:-0}"
