# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# Debian packages that a command of dev needs.

# Prints those of the given packages that are not installed.
missing_packages() { # PACKAGE...
    local installed package
    installed=$(dpkg-query -W -f '${db:Status-Abbrev}${Package}\n' "$@" 2>/dev/null || :)
    for package in "$@"; do
        if ! grep -qx "ii *$package" <<<"$installed"; then
            echo "$package"
        fi
    done
}

# Installs packages as root or by sudo; if neither is possible, names them and ends.
install_packages() { # PACKAGE...
    local as_root=()
    if ((EUID != 0)); then
        if ! sudo -n true 2>/dev/null && ! { [[ -t 0 ]] && command -v sudo >/dev/null; }; then
            die "missing Debian packages, and no way to install them as this user: $*"
        fi
        as_root=(sudo)
    fi
    echo "dev: installing $*" >&2
    local apt=("${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get -qq
        -o Dpkg::Use-Pty=0 -o DPkg::Lock::Timeout=300)
    {
        "${apt[@]}" update
        "${apt[@]}" install --no-install-recommends "$@"
    } </dev/null >"$BUILD/packages.log" 2>&1 || {
        tail -n 20 "$BUILD/packages.log" >&2
        die "could not install $*"
    }
}

# Sees to it that packages are there; quiet and quick if they are.
need_packages() { # PACKAGE...
    local missing
    mapfile -t missing < <(missing_packages "$@")
    if ((${#missing[@]})); then
        install_packages "${missing[@]}"
    fi
}
