# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# User-mode Linux, a kernel that is a process and needs no privilege; see run.sh.

# The first Debian suite whose user-mode kernel gives processes the address space that
# sanitizers expect (47 bits: four levels of page tables, Linux 6.13; before it 39 bits).
# shellcheck disable=SC2034 # for dev
UML_WIDE_SUITE=forky

# Sets UML_KERNEL and UML_MODULES (a directory per release) to Debian's package, that of this
# machine's suite or of SUITE.
need_uml() {
    local packages=(mount kmod iproute2 gcc libc6-dev)
    if [[ -z $SUITE ]]; then
        need_packages "${packages[@]}" user-mode-linux
        UML_KERNEL=/usr/bin/linux.uml
        UML_MODULES=/usr/lib/uml/modules
    else
        need_packages "${packages[@]}" patchelf
        make_once "uml-$SUITE" "fetching user-mode Linux of Debian $SUITE" fetch_uml "$SUITE"
        UML_KERNEL=$BUILD/vm/uml-$SUITE/usr/bin/linux.uml
        UML_MODULES=$BUILD/vm/uml-$SUITE/usr/lib/uml/modules
    fi
}

# Another suite's kernel wants that suite's C library, which lies beside it.
fetch_uml() { # SUITE DIR
    local suite=$1 directory=$2 library=$BUILD/vm/uml-$1/usr/lib/x86_64-linux-gnu
    apt_of_suite "$suite" "$directory" apt-get update
    unpack_packages "$suite" "$directory" user-mode-linux libc6
    patchelf --set-interpreter "$library/ld-linux-x86-64.so.2" --set-rpath "$library" \
        "$directory/usr/bin/linux.uml"
}

# True if this machine's own user-mode kernel can run sanitized programs.
uml_is_wide() {
    "$UML_KERNEL" --showconfig | grep -qx CONFIG_PGTABLE_LEVELS=4
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

# The guest's memory is an unlinked file. Its usual place, /dev/shm, may be too small, not ours to
# write or noexec (in containers it is); then it lies in the run's directory.
uml_memory_directory() { # RUN
    local available
    available=$(df --output=avail -BM /dev/shm 2>/dev/null | tr -dc '0-9\n' | tail -n 1)
    if [[ ! -w /dev/shm ]] || ((${available:-0} < MEMORY)) ||
        grep -q '^[^ ]* /dev/shm [^ ]* [^ ]*noexec' /proc/mounts; then
        echo "$1"
    else
        echo /dev/shm
    fi
}

# Takes a processor that no other of this tree's guests has, until this script ends, and sets
# ON_PROCESSOR to the command that keeps another there; to none if none is free. The kernel and its
# processes wait for each other at each system call, several times as long if the host spreads them.
choose_processor() {
    local processor lock
    ON_PROCESSOR=()
    for ((processor = $(nproc --all) - 1; processor >= 0; processor--)); do
        taskset -c "$processor" true 2>/dev/null || continue
        exec {lock}>"$BUILD/vm/processor-$processor"
        if flock -n "$lock"; then
            ON_PROCESSOR=(taskset -c "$processor")
            return
        fi
        exec {lock}>&-
    done
}

# tty0 is the kernel's console, tty1 and tty2 the command's output and error.
boot_uml() { # RUN
    local run=$1 preload memory terminal
    preload=$(uml_preload)
    memory=$(uml_memory_directory "$run")
    set_parameters "$run" tty1 tty2
    choose_processor
    open_relays "$run"
    terminal=con1=null,fd:$RELAY_OUT
    if [[ -n $TERMINAL ]]; then
        terminal=con1=fd:0,fd:$RELAY_TERMINAL
    fi
    supervise "${ON_PROCESSOR[@]}" env "LD_PRELOAD=$preload" "TMPDIR=$memory" \
        "$UML_KERNEL" "mem=${MEMORY}M" root=/dev/root rootfstype=hostfs rw quiet \
        "init=\"$ROOT/test/vm/uml-init.sh\"" \
        seccomp=auto "uml_dir=$run" "afalg_root=\"${GUEST_ROOT:-/}\"" "afalg_modules=\"$UML_MODULES\"" \
        "${PARAMETERS[@]}" con=null "con0=null,fd:$RELAY_LOG" "$terminal" "con2=null,fd:$RELAY_ERR" \
        >&"$RELAY_LOG" 2>&1
    close_relays
}
