#!/usr/bin/env bash
# Brings nginx up as a gRPC proxy before the suite's origin: nginx.sh ORIGIN-PORT. Says `proxy HOST:PORT`; ends nginx when standard input ends.
set -euo pipefail
origin=${1:?the port of the origin}
nginx=$(command -v nginx || echo /usr/sbin/nginx)
folder=$(mktemp -d)
server=
trap 'if [ -n "$server" ]; then kill "$server" 2>/dev/null || true; wait "$server" 2>/dev/null || true; fi; rm -rf "$folder"' EXIT

# A free port: whoever takes it meanwhile makes nginx fail, and another is tried.
for _ in 1 2 3 4 5; do
  port=$((20000 + RANDOM % 12000))
  sed -e "s|@folder@|$folder|g; s|@port@|$port|g; s|@origin@|$origin|g" "$(dirname "${BASH_SOURCE[0]}")/nginx.conf" >"$folder/nginx.conf"
  "$nginx" -e "$folder/error.log" -c "$folder/nginx.conf" -p "$folder" &
  server=$!
  for _ in $(seq 100); do
    if [ -s "$folder/nginx.pid" ] && kill -0 "$server" 2>/dev/null; then
      echo "proxy 127.0.0.1:$port"
      cat >/dev/null
      exit 0
    fi
    kill -0 "$server" 2>/dev/null || break
    sleep 0.05
  done
  kill "$server" 2>/dev/null || true
done
cat "$folder/error.log" >&2
exit 1
