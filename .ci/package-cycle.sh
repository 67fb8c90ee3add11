#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Installs, enables, upgrades, removes and purges the package in a bare Debian, and checks that the
# system's files are unchanged at the end.
# usage: package-cycle.sh DIRECTORY_OF_PACKAGES   (as root, in a root of its own)
set -euo pipefail

readonly PACKAGES=$1
export DEBIAN_FRONTEND=noninteractive

fail() {
    echo "FAILED: $*"
    exit 1
}

# Prints the files and the hashes of their contents, but for what apt and dpkg note of their work.
files() {
    find / -xdev \( -path /proc -o -path /sys -o -path /dev -o -path /tmp -o -path /packages -o -path /var/lib/dpkg \
        -o -path /var/lib/apt -o -path /var/cache -o -path /var/log -o -path /etc/ld.so.cache \) -prune \
        -o -print >/tmp/names
    sort /tmp/names
    sort /tmp/names | while IFS= read -r file; do
        [[ ! -f $file || -L $file ]] || printf '%s\0' "$file"
    done | xargs -0 md5sum
}

providers() {
    openssl list -providers | sed -n 's/^  \([a-z]*\)$/\1/p' | tr '\n' ' '
}

assert_providers() { # NAME...
    [[ $(providers) == "$* " ]] || fail "providers: $(providers), not $*"
}

# Makes the same package with a later version.
make_upgrade() {
    dpkg-deb -R "$PACKAGES"/openssl-provider-afalg_*.deb /tmp/upgrade
    sed -i 's/^Version: .*/&+later/' /tmp/upgrade/DEBIAN/control
    dpkg-deb -b /tmp/upgrade /tmp/later.deb
    rm -r /tmp/upgrade
}

apt-get update
# What the package depends on is not its own.
apt-get install -y --no-install-recommends libjson-c5 libkeyutils1 libmnl0
files >/tmp/before
apt-get install -y --no-install-recommends "$PACKAGES"/openssl-provider-afalg_*.deb
assert_providers default
afalgctl --version
bash -e "$PACKAGES/enable"
afalgctl enable
assert_providers afalg default
make_upgrade
apt-get install -y /tmp/later.deb
assert_providers afalg default
# An edit in the meantime stays.
echo '# by hand' >>/etc/ssl/openssl.cnf
apt-get remove -y openssl-provider-afalg
assert_providers default
[[ $(tail -n 1 /etc/ssl/openssl.cnf) == '# by hand' ]] || fail "an edit is lost"
sed -i '$d' /etc/ssl/openssl.cnf
apt-get install -y --no-install-recommends "$PACKAGES"/openssl-provider-afalg_*.deb
afalgctl enable --mode=kernel
apt-get purge -y openssl-provider-afalg
assert_providers default
files >/tmp/after
diff /tmp/before /tmp/after || fail "the purged package has left something"
echo "installed, enabled, upgraded, removed, installed and purged while enabled: as before"
