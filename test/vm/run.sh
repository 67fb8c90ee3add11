# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# Runs a command on a kernel that has AF_ALG: vm_run. Sourced by dev, which sets
#   ROOT, BUILD    the project's directory and its build directory
#   KERNEL         host, uml, qemu, or auto
#   TIMEOUT        seconds that a kernel may run
#   MEMORY         the guest's, in MiB
#   SUITE          the Debian suite that a guest's kernel comes from; empty: this machine's
#   GUEST_ROOT     a directory with a Debian to be the guest's files; empty: the host's
#   PROCESSORS     the guest's (qemu)
#   PROCESSOR      their model, as qemu's -cpu has it; empty: max, with an offload device qemu64
#   ARCH           the guest's architecture, as Debian names it (qemu)
#   VIRTIO_CRYPTO  1: an offload device (qemu); empty: none
#   DEVICE         1: the one of test/device (qemu); empty: none
# A guest is process 1 (guest.sh) on the host's files under a tmpfs; only BUILD is shared.

# Status of a kernel that ended without its command's status, as timeout(1) and env(1) have them.
readonly VM_TIMED_OUT=124 VM_FAILED=125

# 1 if the command can have the caller's terminal, else empty.
TERMINAL=""
if [[ -t 0 && -t 1 ]]; then
    TERMINAL=1
fi

# True if this machine's own kernel can do the work: AF_ALG with an AES that it lets us use.
host_has_af_alg() {
    perl -MSocket -e '
        socket(my $alg, 38, SOCK_SEQPACKET, 0) or exit 1;
        bind($alg, pack("S a14 L L a64", 38, "skcipher", 0, 0, "cbc(aes)")) or exit 1'
}

# True if user-mode Linux can run: an architecture that it exists for, and ptrace.
host_has_uml() {
    local scope=/proc/sys/kernel/yama/ptrace_scope
    [[ $(dpkg --print-architecture) == amd64 ]] && { [[ ! -e $scope ]] || (($(<"$scope") < 3)); }
}

# Prints the kernel to use: the one asked for, else the first of host, uml, qemu that there is.
choose_kernel() {
    if [[ $KERNEL != auto ]]; then
        echo "$KERNEL"
    elif host_has_af_alg; then
        echo host
    elif host_has_uml; then
        echo uml
    else
        echo qemu
    fi
}

# The environment that a command finds on every kernel; the rest of the caller's stays outside.
# Temporary files are the guest's own, and on the host's kernel lie in the run's directory.
exported_environment() { # KERNEL RUN
    local name scratch=/tmp
    if [[ $1 == host ]]; then
        scratch=$2
    fi
    printf 'export HOME=%q TMPDIR=%q AFALG_KERNEL=%s\n' "$scratch" "$scratch" "$1"
    echo 'export PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin'
    for name in TERM LANG "${!AFALG_@}" "${!ASAN_@}" "${!UBSAN_@}" "${!TSAN_@}" "${!CTEST_@}" \
        "${!OPENSSL_@}"; do
        if [[ -v $name && $name != AFALG_KERNEL ]]; then
            printf 'export %s=%q\n' "$name" "${!name}"
        fi
    done
}

# Writes the script that the guest runs: the given command, or a shell, where the caller is.
write_command() { # KERNEL RUN [COMMAND...]
    local kernel=$1 run=$2
    shift 2
    {
        exported_environment "$kernel" "$run"
        printf 'cd %q\n' "$PWD"
        if [[ -n $TERMINAL ]]; then
            stty size | sed 's/\(.*\) \(.*\)/stty rows \1 cols \2/'
        fi
        if (($#)); then
            printf 'exec'
            printf ' %q' "$@"
            echo
        else
            echo 'exec bash -i'
        fi
    } >"$run/command"
}

# Sets PARAMETERS to what process 1 is to know, for the kernel's command line.
# $2 and $3 are the consoles for standard output and error.
set_parameters() { # RUN OUT ERR
    local err=$3
    if [[ /dev/stdout -ef /dev/stderr ]]; then
        err=$2
    fi
    # shellcheck disable=SC2034 # for uml.sh and qemu.sh
    PARAMETERS=("afalg_run=\"$1\"" "afalg_build=\"$BUILD\"" "afalg_tests=\"$ROOT/test/vm\""
        "afalg_tty=${TERMINAL:-0}" "afalg_out=$2" "afalg_err=$err")
}

# Opens RELAY_LOG, RELAY_OUT and RELAY_ERR, pipes to the run's console file and to the caller's
# output and error. A kernel gets these, since it would make what it is given non-blocking;
# only a terminal it gets itself, as RELAY_TERMINAL.
open_relays() { # RUN
    exec {RELAY_TERMINAL}>&1
    exec {RELAY_LOG}> >(exec cat >"$1/console")
    RELAYS=($!)
    exec {RELAY_OUT}> >(exec cat)
    RELAYS+=($!)
    exec {RELAY_ERR}> >(exec cat >&2)
    RELAYS+=($!)
}

# Closes them; returns when all that was written has arrived.
close_relays() {
    exec {RELAY_LOG}>&- {RELAY_OUT}>&- {RELAY_ERR}>&- {RELAY_TERMINAL}>&-
    wait "${RELAYS[@]}" || :
}

# Waits for the kernel, within TIMEOUT, and sets KERNEL_STATUS to what it ended with.
# Ends it when the caller is interrupted.
supervise() { # COMMAND...
    local pid
    KERNEL_STATUS=0
    if [[ -n $TERMINAL ]]; then
        local saved
        saved=$(stty -g)
        timeout --foreground --kill-after=5 "$TIMEOUT" "$@" || KERNEL_STATUS=$?
        stty "$saved"
        return
    fi
    timeout --kill-after=5 "$TIMEOUT" "$@" &
    pid=$!
    trap 'kill "$pid" 2>/dev/null; exit 130' INT TERM HUP
    wait "$pid" || KERNEL_STATUS=$?
    trap - INT TERM HUP
}

# Prints what a console said last, round the panic if there was one.
last_words() { # CONSOLE
    { grep -m 1 -B 12 -A 8 'Kernel panic' "$1" || tail -n 20 "$1"; } | sed 's/^/    /'
}

# Prints the status that the guest left, or says why there is none.
command_status() { # RUN KERNEL
    local run=$1 kernel=$2 reason="ended before its command did" status=$VM_FAILED
    if [[ -s $run/status ]]; then
        cat "$run/status"
        return
    fi
    if ((KERNEL_STATUS == VM_TIMED_OUT || KERNEL_STATUS == 128 + 9)); then
        reason="did not end within $TIMEOUT s"
        status=$VM_TIMED_OUT
    fi
    {
        echo "dev: the $kernel kernel $reason; its console's last lines:"
        last_words "$run/console"
    } >&2
    echo "$status"
}

# Runs the command, or an interactive shell if there is none; ends with its status.
# A guest's command runs as root, in the caller's directory.
vm_run() { # [COMMAND...]
    local kernel run status
    kernel=$(choose_kernel)
    mkdir -p "$BUILD/vm"
    "need_$kernel"
    run=$(mktemp -d "$BUILD/vm/run.XXXXXX")
    # shellcheck disable=SC2064 # the directory of now
    trap "rm -rf '$run'" EXIT
    write_command "$kernel" "$run" "$@"
    : >"$run/console"
    "boot_$kernel" "$run"
    status=$KERNEL_STATUS
    if [[ $kernel != host ]]; then
        status=$(command_status "$run" "$kernel")
    fi
    exit "$status"
}
