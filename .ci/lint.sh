# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# The checks of ./dev lint; sourced by dev. Each returns non-zero and says what it found.

readonly FILE_LINES=500

# Prints the project's files that match the patterns, those not yet committed too.
project_files() { # PATTERN...
    git -c safe.directory="$ROOT" -C "$ROOT" ls-files --cached --others --exclude-standard \
        --deduplicate -- "$@" | while read -r file; do
        [[ ! -f $file ]] || echo "$file"
    done
}

lint_layout() {
    project_files '*.c' '*.h' | xargs -r clang-format --dry-run -Werror
}

lint_licence() {
    local bare
    bare=$(
        project_files ':!LICENSE' ':!debian/changelog' ':!debian/source/format' ':!test/device' | xargs -r grep -L 'SPDX-License-Identifier.*Apache-2.0'
        project_files test/device | xargs -r grep -L 'SPDX-License-Identifier.*GPL-2.0'
    ) || :
    [[ -z $bare ]] || { printf 'no SPDX line: %s\n' "$bare" && return 1; }
}

# The length of a function is clang-tidy's to check.
lint_length() {
    project_files '*.c' '*.h' '*.sh' dev | xargs -r wc -l |
        awk -v most="$FILE_LINES" '$2 != "total" && $1 >= most {
            print $2 ": " $1 " lines, of at most " most - 1; bad = 1 } END { exit bad }'
}

lint_shell() {
    project_files '*.sh' dev .ci/run debian/tests/{enable,kernel,dev} 'debian/*.p*rm' '*.bash' | xargs -r shellcheck --external-sources
}

lint_build() {
    (build lint-gcc) && (build lint-clang)
}

# The directories that the structure check covers. It reads the objects of the gcc build.
readonly STRUCTURE_FOLDERS=(include sockopt socket provider tools)

lint_structure() {
    python3 "$ROOT/.ci/structure.py" "$BUILD/lint-gcc" "${STRUCTURE_FOLDERS[@]}"
}

# Prints the compilation database of the clang build with each file once: some are built more than
# once, and clang-tidy would read them as often. CMake writes an entry in lines of its own.
files_once() {
    awk 'BEGIN { RS = "\n}"; ORS = "\n}" } match($0, /"file": "[^"]*"/) {
            if (!seen[substr($0, RSTART, RLENGTH)]++) {
                if (printed++) sub(/^[,\n]*\{/, ",\n{")
                print
            } } END { printf "\n]\n" }' "$BUILD/lint-clang/compile_commands.json"
}

# A file that is not in the build gets the flags of the one next to it. The kernel's module has
# headers that these flags don't fit.
lint_code() {
    [[ -e $BUILD/lint-clang/compile_commands.json ]] || { echo "not built" && return 1; }
    mkdir -p "$BUILD/lint-code"
    files_once >"$BUILD/lint-code/compile_commands.json"
    project_files '*.c' ':!test/device' | xargs -r -P "$(nproc)" -n 1 \
        clang-tidy -p "$BUILD/lint-code" --extra-arg="-I$ROOT/include" --quiet --warnings-as-errors='*' 2>&1 |
        sed '/^[0-9]* warnings generated\.$/d'
}

# Runs one check; prints its name, and its findings if there are any.
lint_check() { # NAME
    local log=$BUILD/lint-$1.log
    printf 'lint: %-10s' "$1"
    if "lint_$1" >"$log" 2>&1; then
        echo ok
    else
        echo FAILED
        cat "$log"
        return 1
    fi
}
