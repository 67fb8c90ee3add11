#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Process 1 of any test kernel once its root is in place: sets the machine up, runs the command
# that the host left in $afalg_run/command, leaves its status in $afalg_run/status, powers off.
#
# afalg_out, afalg_err: the consoles that the host relays, without their /dev/. If afalg_tty is
# 1 the first is the user's terminal, else both carry plain bytes and the command sees pipes.
# afalg_load: modules to load first, by name or path.
set -eu
PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
export PATH
: "${afalg_run:?}" "${afalg_tests:?}" "${afalg_tty:?}" "${afalg_out:?}" "${afalg_err:?}"

set_up() {
    mount -t proc proc /proc
    mount -t sysfs sys /sys
    mount -t devtmpfs dev /dev
    # pivot_root has left the old root there (umount needs /proc).
    [ ! -d /run/host ] || umount -l /run/host
    mkdir -p /dev/pts /dev/shm
    ln -sfn /proc/self/fd /dev/fd
    ln -sfn fd/0 /dev/stdin
    ln -sfn fd/1 /dev/stdout
    ln -sfn fd/2 /dev/stderr
    mount -t devpts -o ptmxmode=0666 devpts /dev/pts
    mount -t tmpfs shm /dev/shm
    # Mapping a ring, as CMake's libuv does, crashes user-mode Linux 6.12.
    [ ! -e /proc/sys/kernel/io_uring_disabled ] || echo 2 >/proc/sys/kernel/io_uring_disabled
    ip link set lo up
    for module in ${afalg_load-}; do
        case $module in
        /*) insmod "$module" ;;
        *) modprobe "$module" ;;
        esac
    done
    : >/run/afalg-modprobe.log
    echo "$afalg_tests/modprobe.sh" >/proc/sys/kernel/modprobe
}

# Runs the command in a session of its own. Its status is known to the host only once the whole
# file is there.
run_command() {
    status=0
    setsid --wait "$@" bash "$afalg_run/command" || status=$?
    echo "$status" >"$afalg_run/status.new"
    mv "$afalg_run/status.new" "$afalg_run/status"
}

run_on_terminal() {
    run_command --ctty <"/dev/$afalg_out" >"/dev/$afalg_out" 2>&1
}

# Carries standard input to a console unchanged, whatever signal ends the others.
carry() {
    trap '' TERM
    exec 7<>"/dev/$1"
    stty -opost <&7
    exec cat >&7
}

# Has the console $2 carry what is written to the pipe $1, and notes the process that does it.
open_pipe() {
    mkfifo "$1"
    carry "$2" <"$1" &
    carriers="$carriers $!"
}

# The command may leave daemons that hold its pipes: they are ended, then the pipes drain.
run_on_pipes() {
    pipes=$(mktemp -d /run/afalg.XXXXXX)
    carriers=
    open_pipe "$pipes/out" "$afalg_out"
    if [ "$afalg_err" = "$afalg_out" ]; then
        run_command </dev/null >"$pipes/out" 2>&1
    else
        open_pipe "$pipes/err" "$afalg_err"
        run_command </dev/null >"$pipes/out" 2>"$pipes/err"
    fi
    kill -TERM -1 || :
    (trap '' TERM; sleep 2; kill -KILL -1) &
    # shellcheck disable=SC2086 # a list of process ids
    wait $carriers || :
}

set_up
if [ "$afalg_tty" = 1 ]; then
    run_on_terminal
else
    run_on_pipes
fi
sync
echo o >/proc/sysrq-trigger
sleep 5
# Kernels without power management can't be powered off so; the host takes a restart for the end.
echo b >/proc/sysrq-trigger
sleep 60
