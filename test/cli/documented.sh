#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Each command and option of afalgctl is in its manual page and in the shells' completions, each key,
# parameter and function of the interfaces in theirs; and the pages are well-formed.
# usage: documented.sh AFALGCTL SOURCE_DIRECTORY MANUALS_DIRECTORY
# shellcheck source=test/cli/cli.sh
. "$(dirname "${BASH_SOURCE[0]}")/cli.sh"

readonly AFALGCTL=$1 SOURCE=$2 PAGES=$3
PATH=$(dirname "$AFALGCTL"):$PATH

documented() { # PAGE WORD...
    local page=$SOURCE/doc/$1.md word
    shift
    (($# > 0)) || fail "nothing to look for in $page"
    for word; do
        grep -Fq -- "$word" "$page" || fail "$word is not in $page"
    done
}

# What bash would propose.
by_bash() { # WORD...
    COMP_WORDS=(afalgctl "$@") COMP_CWORD=$#
    _afalgctl
    printf '%s\n' "${COMPREPLY[@]}"
}

# What zsh would propose.
by_zsh() { # WORD...
    # shellcheck disable=SC2016 # zsh's variables
    zsh -f -c 'compadd() { shift; print -l -- "$@" }; _files() { : }; file=$1; shift
        words=(afalgctl "$@"); CURRENT=$#words; source $file' zsh "$SOURCE/tools/completion/_afalgctl" "$@"
}

proposed() { # SHELL WORD COMPLETED_WORD...
    "by_$1" "${@:3}" >"$SCRATCH/words"
    grep -Eq -- "^$2(=|\$)" "$SCRATCH/words" || fail "$1 does not complete $2 in: afalgctl ${*:3}"
}

completed() { # WORD COMPLETED_WORD...
    proposed bash "$@"
    [[ -z $(type -P zsh) ]] || proposed zsh "$@"
}

check_command() { # COMMAND
    local option
    documented afalgctl "afalgctl $1" "### $1"
    completed "$1" "${1:0:1}"
    for option in $("$AFALGCTL" "$1" --help | grep -oE -- '--[a-z-]+' | sort -u); do
        documented afalgctl "$option"
        completed "$option" "$1" "$option"
    done
}

# Prints the functions that a header declares.
functions_of() { # HEADER
    sed -n 's/^[a-z].*[ *]\([a-z_]*\)(.*/\1/p' "$SOURCE/include/afalg/$1.h" | sort -u
}

check_pages() {
    local page warnings
    for page in "$PAGES"/*.[0-9]; do
        # A table may be wider than a line.
        warnings=$(MANWIDTH=120 man -l --warnings "$page" 2>&1 >/dev/null | grep -Ev "can't break line|cannot adjust line|table wider|around line" || :)
        [[ -z $warnings ]] || fail "$page: $warnings"
    done
}

. "$SOURCE/tools/completion/afalgctl.bash"
mapfile -t commands < <("$AFALGCTL" --help | sed -n 's/^  \([a-z]*\)  .*/\1/p')
((${#commands[@]} > 5)) || fail "no commands in afalgctl --help"
for command in "${commands[@]}"; do
    check_command "$command"
done
mapfile -t words < <(sed -n 's/^#define AFALG_[A-Z_]* *"\([^"]*\)".*/\1/p' "$SOURCE/include/afalg/params.h")
documented afalg-provider "${words[@]}"
mapfile -t words < <(functions_of socket)
documented afalg_socket "${words[@]}"
mapfile -t words < <(functions_of sockopt)
documented afalg_sockopt "${words[@]}"
[[ -z $(type -P man) ]] || check_pages
