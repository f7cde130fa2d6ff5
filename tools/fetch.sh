#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Fetches third-party sources into build/src/NAME: tools/fetch.sh NAME...
# NAME is one of lwip, musl, mbedtls, openssl; for the bench also linux, nginx, qemu.
# They are Debian source packages of the suite below (qemu: of the release that is
# installed, as its plugins must match it), taken from the mirror that the system's own apt uses, through an
# apt configuration of our own in build/apt, so that neither root nor a change
# to the system is needed. apt checks the archive's signature and every hash.
# What is there already is left alone, without a look at the network.
# LWIP_DIR, MUSL_DIR, MBEDTLS_DIR, OPENSSL_DIR name trees that are used instead.
set -eu

suite=trixie
installed=$(sed -n 's/^VERSION_CODENAME=//p' /etc/os-release)
keyring=/usr/share/keyrings/debian-archive-keyring.gpg
top=$(cd "$(dirname "$0")/.." && pwd)
apt=$top/build/apt
src=$top/build/src

say() { echo "fetch: $*"; }
die() {
  echo "fetch: $*" >&2
  exit 1
}

# A file that shows that a tree is the one wanted.
landmark_of() {
  case $1 in
  lwip) echo src/core/tcp.c ;;
  musl) echo src/string/memcpy.c ;;
  mbedtls) echo library/ssl_tls.c ;;
  openssl) echo crypto/ec/asm/ecp_nistz256-x86_64.pl ;;
  linux) echo arch/x86/platform/pvh/head.S ;;
  nginx) echo src/core/nginx.c ;;
  qemu) echo include/qemu/qemu-plugin.h ;;
  *) die "no such source: $1 (known: lwip musl mbedtls openssl linux nginx qemu)" ;;
  esac
}

# The tree that the user gave for NAME, or nothing.
given_dir() {
  case $1 in
  lwip) echo "${LWIP_DIR:-}" ;;
  musl) echo "${MUSL_DIR:-}" ;;
  mbedtls) echo "${MBEDTLS_DIR:-}" ;;
  openssl) echo "${OPENSSL_DIR:-}" ;;
  esac
}

is_there() {
  [ -e "$src/$1.stamp" ] && [ -e "$src/$1/$(landmark_of "$1")" ]
}

# "URI SUITE" for every binary source that the system's apt knows, in whichever
# of its two formats it is written.
list_sources() {
  apt-get indextargets --no-release-info --format '$(REPO_URI) $(RELEASE)' 'Identifier: Packages'
}

# Our source list: the first Debian mirror, and the security archive if known.
# A third party's repository has other suites than Debian's releases.
write_list() {
  releases='buster|bullseye|bookworm|trixie|forky|sid|oldstable|stable|testing|unstable'
  main=$(list_sources | awk -v r="^($releases)\$" '$2 ~ r { print $1; exit }')
  security=$(list_sources |
    awk -v r="^($releases)(-security|/updates)\$" '$2 ~ r { print $1; exit }')
  [ -n "$main" ] || die "found no Debian mirror in the configuration of apt.
fetch: Unpack the sources yourself and give LWIP_DIR=, MUSL_DIR= and MBEDTLS_DIR=."
  [ -r "$keyring" ] || die "$keyring is missing: install debian-archive-keyring"
  {
    echo "deb-src [signed-by=$keyring] $main $suite main"
    case "$wanted" in
    *qemu*) [ "$installed" = "$suite" ] || echo "deb-src [signed-by=$keyring] $main $installed main" ;;
    esac
    [ -z "$security" ] ||
      echo "deb-src [signed-by=$keyring] $security $suite-security main"
  } >"$apt/sources.list"
}

# The system's settings hold (a proxy, say), but its hooks do not run, and
# nothing outside of build/apt is written. When root, apt would download as the
# user _apt, who may not be able to enter this folder.
write_conf() {
  mkdir -p "$apt/lists/partial" "$apt/cache/archives/partial" "$apt/none" "$apt/dsc"
  cat >"$apt/apt.conf" <<END
#clear APT::Update::Pre-Invoke;
#clear APT::Update::Post-Invoke;
#clear APT::Update::Post-Invoke-Success;
Dir::Etc::sourcelist "$apt/sources.list";
Dir::Etc::sourceparts "$apt/none";
Dir::State::lists "$apt/lists";
Dir::Cache "$apt/cache";
Acquire::Languages "none";
Acquire::Retries "2";
APT::Update::Error-Mode "any";
APT::Get::List-Cleanup "true";
END
  [ "$(id -u)" -ne 0 ] || echo 'APT::Sandbox::User "root";' >>"$apt/apt.conf"
}

try_apt() {
  apt-get -c "$apt/apt.conf" -qq "$@" >"$apt/log" 2>&1
}

run_apt() {
  try_apt "$@" && return
  sed 's/^/fetch: apt: /' "$apt/log" >&2
  die "apt-get $1 failed: is the network there?
fetch: Without it, unpack the sources elsewhere and give LWIP_DIR=, MUSL_DIR= and MBEDTLS_DIR=."
}

update() {
  command -v apt-get >/dev/null || die "no apt-get here: give LWIP_DIR=, MUSL_DIR= and MBEDTLS_DIR="
  command -v dpkg-source >/dev/null || die "no dpkg-source here: install dpkg-dev"
  say "reading the package lists of Debian $suite"
  write_conf
  write_list
  run_apt update
}

# Versions of NAME in the suite it is taken from, the newest first.
versions_of() {
  case $1 in
  qemu) release=$installed ;;
  *) release=$suite ;;
  esac
  apt-cache -c "$apt/apt.conf" madison "$1" |
    awk -F ' *[|] *' -v r=" $release(-security)?/" '(" " $3) ~ r { print $2 }' | sort -ruV
}

# The newest version; a mirror that is behind its lists may only have an older
# one of the same suite.
download() {
  (
    cd "$apt/dsc/$1"
    for version in $(versions_of "$1"); do
      try_apt source --download-only --only-source "$1=$version" && exit
      # Of nginx, upstream's own archive, which apt has checked too, will do.
      [ "$1" = nginx ] && ls "$1"_*.orig.tar.gz >/dev/null 2>&1 && exit
      rm -f ./*
    done
    run_apt source --download-only --only-source "$1"
  )
}

# --no-check: apt has just checked the same files against the signed lists.
unpack() {
  set -- "$1" "$apt/dsc/$1"/*.dsc "$apt/dsc/$1"/*.orig.tar.gz
  if [ -e "$2" ]; then
    dpkg-source --no-check --no-copy -x "$2" "$src/$1.part"
  else
    mkdir "$src/$1.part" && tar -xf "$3" -C "$src/$1.part" --strip-components=1
  fi
}

# The tree gets its place only when it is whole; the stamp says its version.
fetch_one() {
  say "downloading and verifying the source of $1"
  rm -rf "$apt/dsc/$1" "$src/$1.part" "$src/$1" "$src/$1.stamp"
  mkdir -p "$apt/dsc/$1" "$src"
  download "$1"
  unpack "$1" >"$apt/log" 2>&1 || {
    cat "$apt/log" >&2
    die "cannot unpack $1"
  }
  [ -e "$src/$1.part/$(landmark_of "$1")" ] || die "$1: $(landmark_of "$1") is not in it"
  mv "$src/$1.part" "$src/$1"
  { cat "$apt/dsc/$1"/*.dsc 2>/dev/null || echo "Version: upstream"; } |
    sed -n 's/^Version: *//p' | head -n 1 >"$src/$1.stamp"
  say "$1 $(cat "$src/$1.stamp") is in build/src/$1"
}

[ $# -gt 0 ] || die "usage: tools/fetch.sh lwip|musl|mbedtls..."
wanted=
for name in "$@"; do
  landmark=$(landmark_of "$name")
  dir=$(given_dir "$name")
  if [ -n "$dir" ]; then
    [ -e "$dir/$landmark" ] || die "$name: no $landmark in $dir"
  elif ! is_there "$name"; then
    wanted="$wanted $name"
  fi
done
[ -n "$wanted" ] || exit 0

mkdir -p "$apt" "$src"
exec 9>"$apt/lock"
! command -v flock >/dev/null || flock 9
updated=
for name in $wanted; do
  is_there "$name" && continue # another run was first
  [ -n "$updated" ] || update
  updated=1
  fetch_one "$name"
done
