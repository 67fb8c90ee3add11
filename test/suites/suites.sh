# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# Other projects' own tests with and without the provider; sourced by dev. See README.md.

# Unpacks a source package of a Debian suite into DIR.
fetch_source() { # SUITE SOURCE DIR
    local directory=$3
    apt_of_suite "$1" "$directory" apt-get update
    (cd "$directory/apt" && apt_of_suite "$1" "$directory" apt-get source --only-source "$2")
    find "$directory/apt" -mindepth 1 -maxdepth 1 -type d -name "*-[0-9]*" -exec mv {} "$directory/files" \;
    rm -r "$directory/apt"
}

# What is needed before a suite's file can be read.
readonly SUITE_PACKAGES=(dpkg-dev python3 php-cli ruby)

# Installs a suite's packages and sets SUITE_FILES to its source, which may be none.
prepare_suite() { # NAME
    local PACKAGES=() SOURCE=""
    # shellcheck source=/dev/null
    . "$ROOT/test/suites/$1.sh"
    need_packages "${PACKAGES[@]}"
    SUITE_FILES=""
    if [[ -n $SOURCE ]]; then
        make_once "source-$SOURCE" "fetching the source of $SOURCE" \
            fetch_source "$(. /etc/os-release && echo "$VERSION_CODENAME")" "$SOURCE"
        SUITE_FILES=$BUILD/vm/source-$SOURCE/files
    fi
}

# Runs a suite on a kernel of its own, without the provider and with it.
run_suite() { # NAME
    local with
    for with in with_default with_afalg; do
        "$ROOT/dev" --timeout=7200 --memory=2048 "${OPTIONS[@]}" shell -- \
            bash "$ROOT/test/suites/run.sh" "$1" "$with" "$SUITE_FILES" "$BUILD/release/provider" \
            "$BUILD/suites/$1.$with" >"$BUILD/suites/$1.$with.log" 2>&1 ||
            echo "$1: $with: status $?: $(tail -n 1 "$BUILD/suites/$1.$with.log")"
    done
}

# Prints how the results of a suite differ; fails if a difference has no reason in test/suites/differences.
compare_suite() { # NAME
    awk -v suite="$1" -v reasons="$ROOT/test/suites/differences" -f "$ROOT/test/suites/compare.awk" \
        "$BUILD/suites/$1.with_default" "$BUILD/suites/$1.with_afalg"
}

all_suites() {
    local file
    for file in "$ROOT"/test/suites/*.sh; do
        file=$(basename "$file" .sh)
        [[ $file == suites || $file == run ]] || echo "$file"
    done
}

cmd_suites() { # [NAME...]
    local suite status=0
    # shellcheck disable=SC2046 # names
    (($#)) || set -- $(all_suites)
    need_packages "${BUILD_PACKAGES[@]}" "${SUITE_PACKAGES[@]}"
    build release afalg
    mkdir -p "$BUILD/suites"
    for suite; do
        [[ -e $ROOT/test/suites/$suite.sh ]] || die "no such suite: $suite (choose from $(all_suites | xargs))"
        prepare_suite "$suite"
        run_suite "$suite"
        compare_suite "$suite" || status=1
    done
    return "$status"
}
