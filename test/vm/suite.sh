# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# Packages of Debian, of this machine's suite or another, unpacked in the build directory and
# not installed. Needs no privilege. Sourced by dev.

# Prints the address of the Debian archive that this machine uses.
debian_archive() {
    # shellcheck disable=SC2016 # apt's variables
    apt-get indextargets --format '$(REPO_URI) $(ORIGIN)/$(LABEL)' 'Created-By: Packages' |
        awk '$2 == "Debian/Debian" && !found { print $1; found = 1 }
             END { if (!found) print "http://deb.debian.org/debian" }'
}

# apt-get or apt-cache on the main archive of one suite, for ARCH, with lists of its own in DIR/apt.
apt_of_suite() { # SUITE DIR apt-get|apt-cache ARGUMENT...
    local suite=$1 state=$2/apt tool=$3
    shift 3
    mkdir -p "$state/lists/partial" "$state/cache/archives/partial"
    printf '%s [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] %s %s main\n' \
        deb "$(debian_archive)" "$suite" deb-src "$(debian_archive)" "$suite" >"$state/sources.list"
    "$tool" -qq -o "Dir::Etc::SourceList=$state/sources.list" -o Dir::Etc::SourceParts=/dev/null \
        -o "Dir::State::Lists=$state/lists" -o "Dir::Cache=$state/cache" \
        -o Dir::State::status=/dev/null -o APT::Sandbox::User=root \
        -o "APT::Architecture=$ARCH" -o "APT::Architectures=$ARCH" \
        -o 'Acquire::Check-Valid-Until=false' "$@"
}

# Unpacks packages of a suite into DIR.
unpack_packages() { # SUITE DIR PACKAGE...
    local suite=$1 directory=$2 package
    shift 2
    mkdir -p "$directory/debs"
    (cd "$directory/debs" && apt_of_suite "$suite" "$directory" apt-get download "$@")
    for package in "$directory"/debs/*.deb; do
        dpkg-deb -x "$package" "$directory"
    done
    rm -r "$directory/debs" "$directory/apt"
}

# Makes the directory NAME under BUILD/vm by the given function, once, even if two ask for it
# at the same time. The function gets the directory to fill as its last argument.
make_once() { # NAME TEXT FUNCTION [ARGUMENT...]
    local made=$BUILD/vm/$1 text=$2 lock
    shift 2
    [[ ! -d $made ]] || return 0
    exec {lock}>"$BUILD/vm/lock"
    flock "$lock"
    if [[ ! -d $made ]]; then
        echo "dev: $text" >&2
        rm -rf "$made.new"
        mkdir -p "$made.new"
        # In the background, since within || a failing command would not end the function.
        "$@" "$made.new" >"$BUILD/vm/make.log" 2>&1 &
        wait "$!" || {
            tail -n 20 "$BUILD/vm/make.log" >&2
            die "failed: $text"
        }
        mv "$made.new" "$made"
    fi
    exec {lock}>&-
}
