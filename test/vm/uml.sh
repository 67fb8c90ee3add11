# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# User-mode Linux, a kernel that is a process and needs no privilege; see run.sh.

# The kernel and the directory of its modules (one below it per release).
UML_KERNEL=${UML_KERNEL:-/usr/bin/linux.uml}
UML_MODULES=${UML_MODULES:-/usr/lib/uml/modules}

need_uml() {
    need_packages user-mode-linux kmod iproute2 gcc libc6-dev
}

# Prints the path of the ptrace wrapper, built when it is missing or old.
uml_preload() {
    local source=$ROOT/test/vm/xstate.c wrapper=$BUILD/vm/xstate.so new
    if [[ ! $wrapper -nt $source ]]; then
        new=$(mktemp "$BUILD/vm/xstate.XXXXXX")
        gcc -std=c17 -O2 -shared -fPIC -o "$new" "$source"
        mv "$new" "$wrapper"
    fi
    echo "$wrapper"
}

# The guest's memory is an unlinked file. Its usual place, /dev/shm, may be too small or noexec
# (in containers it is); then it lies in the run's directory.
uml_memory_directory() { # RUN
    local available
    available=$(df --output=avail -BM /dev/shm 2>/dev/null | tr -dc '0-9\n' | tail -n 1)
    if ((${available:-0} < MEMORY)) || grep -q '^[^ ]* /dev/shm [^ ]* [^ ]*noexec' /proc/mounts; then
        echo "$1"
    else
        echo /dev/shm
    fi
}

# tty0 is the kernel's console, tty1 and tty2 the command's output and error.
boot_uml() { # RUN
    local run=$1 parameters preload memory input=null output relays=() out err log status=0
    preload=$(uml_preload)
    memory=$(uml_memory_directory "$run")
    mapfile -t parameters < <(guest_parameters "$run" tty1 tty2)
    exec {log}> >(exec cat >"$run/console")
    relays+=($!)
    exec {out}> >(exec cat)
    relays+=($!)
    exec {err}> >(exec cat >&2)
    relays+=($!)
    output=fd:$out
    if has_terminal; then
        input=fd:0 output=fd:1
    fi
    supervise env "LD_PRELOAD=$preload" "TMPDIR=$memory" "$UML_KERNEL" "mem=${MEMORY}M" \
        root=/dev/root rootfstype=hostfs rw quiet "init=\"$ROOT/test/vm/uml-init.sh\"" \
        "uml_dir=$run" "afalg_modules=$UML_MODULES" "${parameters[@]}" con=null \
        "con0=null,fd:$log" "con1=$input,$output" "con2=null,fd:$err" \
        >&"$log" 2>&1 || status=$?
    exec {log}>&- {out}>&- {err}>&-
    wait "${relays[@]}" || :
    return "$status"
}
