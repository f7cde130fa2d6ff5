#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Sees to it that the Debian packages for a purpose are installed:
# tools/packages.sh build|run|disk|test|bench... When all are, it says nothing and touches
# no network. Else it installs the missing ones with apt-get, with sudo when not
# root; when that is refused, or this is no Debian, it names them and exits 1.
set -eu

build='
  gcc make binutils libc6-dev linux-libc-dev libxen-dev dpkg-dev xz-utils bzip2 patch python3
  ca-certificates debian-archive-keyring media-types
  zlib1g-dev libzopfli-dev libbrotli-dev libyaml-dev perl openssl'
run='python3 qemu-system-x86'
disk='python3 grub-pc-bin grub-efi-amd64-bin mtools'
test='
  git libcmocka-dev python3-pytest python3-scapy python3-brotli openssl
  prometheus rsyslog wrk gdb ovmf umoci skopeo haproxy python3-yaml python3-jsonschema libvirt-daemon libvirt-daemon-driver-qemu libvirt-clients
  clang-format dnsmasq-base iproute2 iputils-ping procps curl wget nginx-light slowhttptest gnutls-bin sslscan testssl.sh chromium chromium-driver'
bench='
  wrk curl iproute2 util-linux libssl-dev python3-matplotlib
  flex bison bc cpio libelf-dev zlib1g-dev'

# For axe-core; some systems have it with their nodejs.
command -v npm >/dev/null || test="$test npm"

die() {
  echo "packages: $*" >&2
  exit 1
}

# Packages of a list, one a line, without those that are installed.
missing_of() {
  if command -v dpkg-query >/dev/null; then
    installed=$(dpkg-query -W -f '${db:Status-Status} ${Package}\n' 2>/dev/null |
      sed -n 's/^installed //p')
  else
    installed=
  fi
  for package in $1; do
    echo "$installed" | grep -qxF "$package" || echo "$package"
  done
}

# What is left to the user when we may not or cannot install.
give_up() {
  echo "packages: $1" >&2
  echo "packages: these packages of Debian 12 are missing:" >&2
  echo "$missing" | sed 's/^/  /' >&2
  echo "packages: install them (or what your system has in their place) and run make again:" >&2
  echo "  apt-get install --no-install-recommends $(echo $missing)" >&2
  exit 1
}

install_missing() {
  command -v apt-get >/dev/null || give_up "this system has no apt-get"
  as_root=
  if [ "$(id -u)" -ne 0 ]; then
    command -v sudo >/dev/null || give_up "not root, and there is no sudo"
    as_root=sudo
  fi
  echo "packages: installing" $missing
  hold_servers || give_up "no leave to install"
  run_apt update || give_up "apt-get update failed"
  run_apt install -y --no-install-recommends $missing || give_up "apt-get install failed"
}

# Servers that tests run themselves are not to be started by their installation:
# while there is such a policy, invoke-rc.d(8) does not.
hold_servers() {
  policy=/usr/sbin/policy-rc.d
  [ ! -e $policy ] || return 0
  printf '#!/bin/sh\nexit 101\n' | $as_root tee $policy >/dev/null || return
  trap '$as_root rm -f $policy' EXIT
  $as_root chmod 755 $policy
}

# Quiet unless it fails; sudo asks for its password on the terminal itself.
run_apt() {
  log=$(mktemp)
  status=0
  $as_root env DEBIAN_FRONTEND=noninteractive apt-get -q "$@" >"$log" 2>&1 </dev/null || {
    status=1
    tail -n 20 "$log" >&2
  }
  rm -f "$log"
  return $status
}

[ $# -gt 0 ] || die "usage: tools/packages.sh build|run|disk|test|bench..."
wanted=
for purpose in "$@"; do
  case $purpose in
  build) wanted="$wanted $build" ;;
  run) wanted="$wanted $build $run" ;;
  disk) wanted="$wanted $disk" ;;
  test) wanted="$wanted $build $run $disk $test" ;;
  bench) wanted="$wanted $build $run $bench" ;;
  *) die "no such purpose: $purpose (known: build run disk test bench)" ;;
  esac
done
missing=$(missing_of "$wanted" | sort -u)
[ -z "$missing" ] || install_missing
