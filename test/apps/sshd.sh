#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# ssh logs in to an sshd, both by openssl.cnf.example. The server's processes put themselves into
# sandboxes that kill them at socket(2).
# usage: sshd.sh CASE...
# shellcheck source=test/apps/apps.sh
. "$(dirname "${BASH_SOURCE[0]}")/apps.sh"

readonly SIZE=200000
# What the server's and the client's processes log.
readonly SERVER_LOG=$SCRATCH/server.log CLIENT_LOG=$SCRATCH/client.log

# Writes CONFIG: the example in a mode, with its "programs" or other ones.
configure() { # MODE [PROGRAMS]
    rm -f "$SERVER_LOG" "$CLIENT_LOG"
    sed "s|^mode *=.*|mode = $1\nlog = offers:$SERVER_LOG|" "$AFALG_EXAMPLE" >"$CONFIG"
    [[ -z ${2-} ]] || sed -i "s/^programs *=.*/programs = $2/" "$CONFIG"
}

configure_sshd() {
    PORT=$(/usr/bin/python3 -c 'import socket
s = socket.socket()
s.bind(("127.0.0.1", 0))
print(s.getsockname()[1])')
    cat >"$SCRATCH/sshd_config" <<TEXT
ListenAddress 127.0.0.1
Port $PORT
HostKey $SCRATCH/host
AuthorizedKeysFile $SCRATCH/user.pub
PidFile $SCRATCH/pid
PermitRootLogin yes
StrictModes no
UsePAM no
Subsystem sftp internal-sftp
Ciphers aes128-gcm@openssh.com,aes128-cbc
TEXT
    ssh-keygen -q -t ecdsa -N "" -f "$SCRATCH/host"
    ssh-keygen -q -t ecdsa -N "" -f "$SCRATCH/user"
    echo "[127.0.0.1]:$PORT $(<"$SCRATCH/host.pub")" >"$SCRATCH/known_hosts"
    mkdir -p /run/sshd
}

serve() {
    exec /usr/sbin/sshd -D -e -f "$SCRATCH/sshd_config" >"$SCRATCH/output" 2>&1
}

start_sshd() {
    rm -f "$SCRATCH/pid"
    with_afalg serve &
    SSHD=$!
    trap 'kill "$SSHD" 2>/dev/null || true; rm -rf "$SCRATCH"' EXIT
    wait_for "$SCRATCH/pid" "$SSHD" "$SCRATCH/output"
}

stop_sshd() {
    kill "$SSHD"
    wait "$SSHD" || :
}

# Logs in and gets a file. By sftp, since a user's shell may do whatever its start-up files say.
log_in() { # CIPHER
    AFALG_LOG=$CLIENT_LOG with_afalg sftp -q -F /dev/null -P "$PORT" -i "$SCRATCH/user" -c "$1" \
        -o "UserKnownHostsFile=$SCRATCH/known_hosts" -b - root@127.0.0.1 \
        >"$SCRATCH/errors" 2>&1 <<<"get $SCRATCH/data $SCRATCH/got"
}

# Fails unless the login succeeds with the CONFIG of now.
assert_login() { # CIPHER
    start_sshd
    log_in "$1" || fail "no login: $(cat "$SCRATCH/errors" "$SCRATCH/output")"
    stop_sshd
    assert_same "$SCRATCH/data" "$SCRATCH/got" "$1"
}

# Fails unless the server's processes loaded the module, and were told to do without.
assert_left_out() {
    grep -Eqx 'afalg: nothing offered to sshd(-session)?: left out by programs' "$SERVER_LOG" ||
        fail "sshd was not left out: $(cat "$SERVER_LOG")"
    ! grep -v 'left out by programs$' "$SERVER_LOG" || fail "sshd was not left out"
}

in_kernel() {
    configure kernel
    assert_login aes128-gcm@openssh.com
    assert_left_out
    LOG=$CLIENT_LOG assert_kernel_bytes AES-128-GCM "$SIZE"
}

in_auto() {
    configure auto
    assert_login aes128-cbc
    assert_left_out
}

# The example on a machine with a device: ssh's packets of data are long enough for it.
with_device() {
    in_auto
    LOG=$CLIENT_LOG assert_kernel_bytes AES-128-CBC 12288
}

# Without a device no socket is opened, and so no process killed, in whatever program.
without_device() {
    [[ ${AFALG_KERNEL-} != host ]] || { echo "not tried: this machine may have a device" && return; }
    configure auto 'sshd, sshd-session, sshd-auth, ssh'
    assert_login aes128-gcm@openssh.com
    grep -q '^afalg: SHA2-256 not offered: no hardware' "$SERVER_LOG" || fail "sshd: $(cat "$SERVER_LOG")"
    [[ ! -e $CLIENT_LOG ]] || fail "ssh used afalg: $(cat "$CLIENT_LOG")"
}

# What "programs" is there for: without it nobody can log in.
killed() {
    configure kernel 'sshd, sshd-session, sshd-auth, ssh'
    start_sshd
    ! log_in aes128-gcm@openssh.com || fail "a login, although sshd opens sockets: $(cat "$SERVER_LOG")"
    stop_sshd
}

(($(id -u) == 0)) || skip "sshd has to be started by root"
[[ -z ${CLI_PRELOAD-} ]] || skip "sshd's sandboxes kill a sanitizer too"
head -c "$SIZE" /dev/urandom >"$SCRATCH/data"
configure_sshd
for scenario; do
    SECONDS=0
    "$scenario"
    echo "$scenario: as expected ($SECONDS s)"
done
