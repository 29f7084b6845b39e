#!/usr/bin/env bash
# Brings up a Region that fronts the suite's origin, and an edge location before it: edgemesh.sh ORIGIN-PORT. Says `proxy HOST:PORT`; ends all when standard input ends.
# PROGRAM: the executable, default what the build of this repository made. WAY: `edge` (default); `shield`: another edge before that one; `sidecar`: a sidecar before it.
set -euo pipefail
origin=${1:?the port of the origin}
program=${PROGRAM:-$(dirname "${BASH_SOURCE[0]}")/../../../services/EdgeMesh.Node/bin/Release/net10.0/edgemesh}
folder=$(mktemp -d)
children=()
trap 'kill "${children[@]}" 2>/dev/null || true; wait; rm -rf "$folder"' EXIT

# start NAME ARGUMENT...: runs a node; its log goes to standard error, what it says to a file.
start() {
  local name=$1
  shift
  "$program" "$@" --listen 127.0.0.1:0 --admin-listen 127.0.0.1:0 --log-level warning >"$folder/$name" </dev/null &
  children+=($!)
}

# said NAME WORD: the address on the line `WORD NODE ADDRESS` of what a node said, when it has.
said() {
  for _ in $(seq 600); do
    if address=$(sed -n "s/^$2 [^ ]* //p" "$folder/$1" | grep -m1 .); then
      echo "$address"
      return
    fi
    sleep 0.1
  done
  echo "$1 did not say $2" >&2
  return 1
}

start region region --name eu-west-2 --data "$folder/data" --origin "cachetests.=http://127.0.0.1:$origin"
region=$(said region ready)
start edge edge --name LHR50-1 --region "$region" --region-admin "$(said region admin)"
proxy=$(said edge ready)
case ${WAY:-edge} in
  edge) ;;
  shield)
    start leaf edge --name MAN50-1 --upstream "$proxy" --upstream-admin "$(said edge admin)"
    proxy=$(said leaf ready)
    ;;
  sidecar)
    start sidecar route --mesh "$proxy"
    proxy=$(said sidecar ready)
    ;;
  *)
    echo "WAY must be edge, shield or sidecar, not $WAY" >&2
    exit 2
    ;;
esac
echo "proxy ${proxy#http://}"
cat >/dev/null
