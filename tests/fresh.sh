#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# Runs the README's commands on a fresh Debian 12: tests/fresh.sh [run|test]...
# As root. The system is a minimal root (debootstrap, build/fresh/root) with make
# and a clone of this checkout's last commit; it gets its packages from where
# this machine gets them. Mounts and processes end with the script.
set -eu
cd "$(dirname "$0")/.."
root=$PWD/build/fresh/root
port=${PORT:-8089}

die() {
  echo "fresh: $*" >&2
  exit 1
}

say() {
  echo "fresh: $*"
}

# The addresses of a suite that apt uses here.
mirrors() {
  apt-get indextargets --format '$(REPO_URI) $(RELEASE) $(COMPONENT)' 'Created-By: Packages' |
    awk -v suite="$1" '$2 == suite && $3 == "main" { print $1 }' | sort -u | head -n 1
}

make_root() {
  mirror=$(mirrors bookworm)
  [ -n "$mirror" ] || die "apt has no lists of bookworm: run apt-get update"
  say "making a minimal Debian 12 below build/fresh"
  rm -rf --one-file-system "$root"
  mkdir -p "$root"
  debootstrap --variant=minbase --include=make bookworm "$root" "$mirror" >build/fresh/log 2>&1 ||
    die "debootstrap failed: see build/fresh/log"
  security=$(mirrors bookworm-security)
  [ -z "$security" ] ||
    echo "deb $security bookworm-security main" >>"$root/etc/apt/sources.list"
  cp /etc/resolv.conf /etc/hosts "$root/etc/"
  grep -lis proxy /etc/apt/apt.conf.d/* | xargs -r cp -t "$root/etc/apt/apt.conf.d/" || true
  cp /etc/ssl/certs/ca-certificates.crt "$root/etc/registries.crt" # whom this machine trusts
}

# What runs a command in the root's checkout, in mount and process namespaces
# that end with it.
in_root=(unshare --mount --pid --fork --kill-child bash -c '
  mount --bind "$0" "$0" # a root that can be unshared further
  mount -t proc proc "$0/proc"
  mount --rbind /dev "$0/dev"
  mount --rbind /sys "$0/sys"
  mount -t tmpfs tmpfs "$0/tmp"
  exec chroot "$0" env HOME=/root LANG=C.UTF-8 PATH=/usr/sbin:/usr/bin:/sbin:/bin \
      NODE_EXTRA_CA_CERTS=/etc/registries.crt \
    bash -c "cd /thimble && exec \"\$@\"" bash "$@"' "$root")

clone() {
  rm -rf "$root/thimble"
  git clone -q --no-hardlinks . "$root/thimble"
}

# `make run` until it has answered from outside; then all of it is killed.
try_run() {
  say "make run"
  "${in_root[@]}" make run PORT="$port" &
  runner=$!
  trap 'kill -KILL $runner 2>/dev/null' EXIT
  until curl -s -o build/fresh/answer --max-time 5 "http://127.0.0.1:$port/"; do
    kill -0 $runner 2>/dev/null || die "make run ended without an answer"
    sleep 1
  done
  cmp build/fresh/answer site/content/index.html || die "the answer is not the index"
  kill -KILL $runner # unshare, which takes its child, and that the namespace
  wait $runner 2>/dev/null || true
  trap - EXIT
  ! curl -s -o /dev/null "http://127.0.0.1:$port/" || die "it still serves after its end"
  say "make run: served, and ended"
}

[ "$(id -u)" -eq 0 ] || die "needs root"
command -v debootstrap >/dev/null || die "debootstrap is not installed"
started=$(date +%s)
make_root
clone
for what in "${@:-test}"; do
  case $what in
  run) try_run ;;
  test) say "make test" && "${in_root[@]}" make test ;;
  *) die "no such command: $what (known: run test)" ;;
  esac
done
say "done in $(($(date +%s) - started)) s"
