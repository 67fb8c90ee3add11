#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# The stock nginx with a ticket key that only the kernel has: by bytes that stand for it, and a socket
# that afalgctl run has left. Servers with the same key resume each other's sessions, and no server
# has it in its memory.
# usage: nginx_tickets.sh AFALGCTL
[[ -n ${AFALG_TEST_KEYRING-} ]] || AFALG_TEST_KEYRING=1 exec keyctl session - bash "$0" "$@"
# shellcheck source=test/apps/apps.sh
. "$(dirname "${BASH_SOURCE[0]}")/apps.sh"
# shellcheck source=test/apps/server.sh
. "$(dirname "${BASH_SOURCE[0]}")/server.sh"

readonly AFALGCTL=$1

hex() {
    od -An -v -tx1 | tr -d ' \n'
}

# A kernel's key is one of its keyring, or before Linux 6.2 a file that is read before nginx starts.
key_uri() { # FILE
    if printf '%s\n' 6.2 "$(uname -r)" | sort -V -C; then
        echo "afalg:serial=$(keyctl padd logon "afalg-test:$1" @s <"$SCRATCH/$1")"
    else
        echo "afalg:file=$SCRATCH/$1;cipher=cbc(aes)"
    fi
}

# nginx with the key of a file; it is in place of "serve".
with_key() { # FILE
    exec "$AFALGCTL" run --key "ticket=$(key_uri "$1")@AES-256-CBC" -- \
        nginx -e "$SCRATCH/nginx.log" -c "$SCRATCH/nginx.conf" >"$SCRATCH/output" 2>&1
}

# Asks for a page, and leaves what s_client says in SCRATCH/client.
request() { # OPTION...
    printf 'GET /small HTTP/1.0\r\n\r\n' | openssl s_client -unix "$SOCKET" -servername localhost \
        -CAfile "$SCRATCH/ec.crt" -ign_eof "$@" >"$SCRATCH/client" 2>&1
}

# Fails unless the connection has a session that is New or Reused.
connect() { # WHICH OPTION...
    request "${@:2}" || fail "s_client ${*:2}: $(tail -n 5 "$SCRATCH/client" "$SCRATCH/nginx.log")"
    grep -q "^$1, TLSv1" "$SCRATCH/client" || fail "not $1: $(grep -E '^(New|Reused),' "$SCRATCH/client")"
}

both_versions() { # FUNCTION
    "$1" -tls1_2
    "$1" -tls1_3
}
first() { connect New "$1" -sess_out "$SCRATCH/session$1"; }
resumed() { connect Reused "$1" -sess_in "$SCRATCH/session$1"; }
# A ticket that can't be decrypted may end the handshake, with the default provider too.
not_resumed() {
    request "$1" -sess_in "$SCRATCH/session$1" || :
    ! grep '^Reused' "$SCRATCH/client" || fail "resumed $1 with another key"
}

# Prints which processes of nginx have the key of a file, while a connection that was resumed is open.
found_in_memory() { # FILE
    local client
    mkfifo "$SCRATCH/request"
    openssl s_client -unix "$SOCKET" -servername localhost -CAfile "$SCRATCH/ec.crt" -tls1_2 \
        -sess_in "$SCRATCH/session-tls1_2" <"$SCRATCH/request" >"$SCRATCH/client" 2>&1 &
    client=$!
    exec 8>"$SCRATCH/request"
    until grep -q '^Reused, TLSv1.2' "$SCRATCH/client"; do
        kill -0 "$client" || fail "not resumed: $(tail -n 5 "$SCRATCH/client")"
        sleep 0.05
    done
    # shellcheck disable=SC2046 # a list of process ids
    python3 "$(dirname "$0")/key_in_memory.py" "$(hex <"$SCRATCH/$1")" "$NGINX" $(pgrep -P "$NGINX")
    exec 8>&-
    wait "$client" || :
    rm "$SCRATCH/request"
}

certificate ec
mkdir "$SCRATCH/files"
head -c 3000 /dev/zero >"$SCRATCH/files/small"
for name in key other standin; do
    openssl rand 32 >"$SCRATCH/$name"
done
openssl rand 48 >"$SCRATCH/name_and_hmac"
sed -i "s|^mode = kernel\$|&\nkey.$(hex <"$SCRATCH/standin") = afalg:fd=ticket|" "$CONFIG"
configure_nginx ec <<<"ssl_session_ticket_key $SCRATCH/ticket.key; ssl_protocols TLSv1.2 TLSv1.3;"

# As everybody has it: the key in a file, and in the memory of all.
cat "$SCRATCH/name_and_hmac" "$SCRATCH/key" >"$SCRATCH/ticket.key"
start_nginx with_default
both_versions first
both_versions resumed
(($(found_in_memory key | grep -cx '[0-9]* key') == 3)) || fail "the key of a file is not in memory"
stop_nginx

# The kernel's is the same key: what the first server has issued, the others take.
cat "$SCRATCH/name_and_hmac" "$SCRATCH/standin" >"$SCRATCH/ticket.key"
start_nginx with_afalg with_key key
both_versions resumed
both_versions first
both_versions resumed
found=$(found_in_memory key)
[[ -z $found ]] || fail "in memory: $found"
stop_nginx
assert_kernel_bytes AES-256-CBC 1000

start_nginx with_afalg with_key key
both_versions resumed
stop_nginx

start_nginx with_afalg with_key other
both_versions not_resumed
: >"$SCRATCH/nginx.log"
both_versions first
both_versions resumed
stop_nginx
