# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# Completion of afalgctl in bash. Commands and options are those of its own help.

# Prints the words in afalgctl's help that match an extended regular expression of sed's, its group.
_afalgctl_words() { # PATTERN [COMMAND]
    afalgctl ${2:+"$2"} --help 2>/dev/null | grep -oE -- "$1" | tr -d ' ' | sort -u
}

_afalgctl() {
    local word=${COMP_WORDS[COMP_CWORD]} command=${COMP_WORDS[1]-} words=""

    COMPREPLY=()
    if ((COMP_CWORD == 1)); then
        words="$(_afalgctl_words '^  [a-z]+ ') --help --version"
    elif [[ $word == -* || $word == = ]]; then
        words="$(_afalgctl_words '--[a-z-]+(=(auto|kernel))?=?' "$command") --help"
    elif [[ $command == key && $COMP_CWORD == 2 ]]; then
        words=$(_afalgctl_words 'afalgctl key [a-z]+' key | sed 's/afalgctlkey//')
    else
        mapfile -t COMPREPLY < <(compgen -f -- "$word")
        return
    fi
    mapfile -t COMPREPLY < <(compgen -W "$words" -- "$word")
    [[ ${COMPREPLY[0]-} != *= ]] || compopt -o nospace 2>/dev/null || :
}

complete -F _afalgctl -o filenames afalgctl
