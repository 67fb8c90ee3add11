#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# afalgctl enable and disable: OpenSSL works with each file as before, and with afalg; then the file
# is byte for byte what it was.
# usage: enable.sh AFALGCTL MODULES_DIRECTORY
# shellcheck source=test/cli/cli.sh
. "$(dirname "${BASH_SOURCE[0]}")/cli.sh"

readonly AFALGCTL=$1 MODULES=$2
readonly FILE=$SCRATCH/openssl.cnf BACKUP=$SCRATCH/openssl.cnf.afalg-backup ORIGINAL=$SCRATCH/original
LEGACY=$(openssl version -m | sed 's/.*"\(.*\)"/\1/')/legacy.so
readonly LEGACY

# The command, with the status wanted; its output is in $SCRATCH/out.
afalgctl() { # STATUS ARGUMENT...
    local wanted=$1 status=0
    shift
    LD_PRELOAD=${CLI_PRELOAD-} "$AFALGCTL" "$@" >"$SCRATCH/out" 2>&1 || status=$?
    ((status == wanted)) || fail "afalgctl $*: status $status, not $wanted: $(cat "$SCRATCH/out")"
}

says() { # PATTERN
    grep -Eq -- "$1" "$SCRATCH/out" || fail "no '$1' in: $(cat "$SCRATCH/out")"
}

# Without OPENSSL_MODULES, as applications run.
with() { # OPENSSL_ARGUMENT...
    env -u OPENSSL_MODULES OPENSSL_CONF="$FILE" LD_PRELOAD="${CLI_PRELOAD-}" openssl "$@"
}

assert_providers() { # NAME...
    local name
    with list -providers >"$SCRATCH/providers"
    for name; do
        grep -qx "  $name" "$SCRATCH/providers" || fail "no provider $name with: $(cat "$FILE")"
    done
    (($(grep -c '^  [^ ]' "$SCRATCH/providers") == $#)) || fail "other providers than $*: $(cat "$SCRATCH/providers")"
}

# With afalg a key is made, and a file encrypted and decrypted.
assert_works() {
    with genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out /dev/null 2>/dev/null || fail "no key"
    with enc -aes-256-cbc -pbkdf2 -pass pass:x -in "$ORIGINAL" -out "$SCRATCH/encrypted"
    openssl enc -d -aes-256-cbc -pbkdf2 -pass pass:x -in "$SCRATCH/encrypted" -out "$SCRATCH/decrypted"
    cmp "$ORIGINAL" "$SCRATCH/decrypted" || fail "enc"
}

assert_restored() {
    cmp "$ORIGINAL" "$FILE" || fail "not what it was: $(diff -u "$ORIGINAL" "$FILE")"
    [[ ! -e $BACKUP ]] || fail "a backup of nothing is left"
}

# The file that standard input holds is enabled, and disabled.
round_trip() { # PROVIDER...
    cat >"$ORIGINAL"
    cp "$ORIGINAL" "$FILE"
    afalgctl 0 enable "$FILE"
    says "openssl.cnf: afalg is enabled; as it was: $BACKUP"
    cmp "$ORIGINAL" "$BACKUP" || fail "the backup is not the original"
    assert_providers "$@"
    afalgctl 0 disable "$FILE"
    assert_restored
}

# Debian's own file, or one like it: what was changed is shown before, and once is enough.
check_steps() {
    if [[ -e /etc/ssl/openssl.cnf ]]; then
        cp /etc/ssl/openssl.cnf "$ORIGINAL"
    else
        printf '%s\n' "$BASIC" >"$ORIGINAL"
    fi
    cp "$ORIGINAL" "$FILE"
    afalgctl 0 enable --dry-run "$FILE"
    says '^\+afalg = afalg_provider'
    assert_restored
    afalgctl 0 enable "$FILE"
    afalgctl 0 check "$FILE"
    assert_providers afalg default
    assert_works
    cp "$FILE" "$SCRATCH/enabled"
    afalgctl 0 enable "$FILE"
    says 'enabled already'
    cmp "$SCRATCH/enabled" "$FILE" || fail "changed by the second enable"
    afalgctl 0 disable --dry-run "$FILE"
    says '^-afalg = afalg_provider'
    cmp "$SCRATCH/enabled" "$FILE" || fail "changed by --dry-run"
    afalgctl 0 disable "$FILE"
    assert_restored
    afalgctl 0 disable "$FILE"
    says 'not enabled'
    assert_restored
}

refused() { # PATTERN
    cat >"$ORIGINAL"
    cp "$ORIGINAL" "$FILE"
    afalgctl 2 enable "$FILE"
    says "not changed: $1"
    assert_restored
}

readonly BASIC='openssl_conf = openssl_init
[openssl_init]
providers = provider_sect
[provider_sect]
default = default_sect
[default_sect]
activate = 1'

# Prints the basic file with an edit, and lines after it.
basic() { # SED_SCRIPT [LINE...]
    printf '%s\n' "$BASIC" | sed "$1"
    (($# == 1)) || printf '%s\n' "${@:2}"
}

check_files() {
    # As Debian 13 has it: default is named, and not activated.
    basic '/^activate/d' | round_trip afalg default
    round_trip afalg default <<<"$BASIC"
    # With nothing, without a last line end, continued in the last line, with the line ends of DOS.
    round_trip afalg default </dev/null
    printf '%s' "$BASIC" | round_trip afalg default
    printf '%s\n[a]\nb = c\\\n' "$BASIC" | round_trip afalg default
    basic 's/$/\r/' | round_trip afalg default
    printf '[a]\nb = c\n\n\n' | round_trip afalg default
}

check_providers() {
    basic '/^default = /a legacy = legacy_sect' '[legacy_sect]' 'activate = 1' | round_trip afalg default legacy
    # Another provider's module, which is preferred, as pkcs11-provider and tpm2-openssl are.
    basic 's/^default = /pkcs11 = pkcs11_sect\n&/; s/^providers.*/&\nalg_section = evp_sect/' \
        '[pkcs11_sect]' "module = $LEGACY" 'activate = 1' \
        '[evp_sect]' 'default_properties = ?provider=pkcs11' | round_trip afalg default pkcs11
    # What is there for the random generator stays.
    basic 's/^providers.*/&\nrandom = random_sect/' '[random_sect]' 'random = HASH-DRBG' 'digest = SHA256' | round_trip afalg default
    # FIPS is prepared for, and not switched on.
    basic '/^default = /a fips = fips_sect' '[fips_sect]' 'conditional-errors = 1' | round_trip afalg default
}

check_refusals() {
    basic 's/^default = .*/fips = fips_sect/; s/^\[default_sect/[fips_sect/' |
        refused 'fips is activated and default is not'
    basic 's/^providers.*/&\nalg_section = a/' '[a]' 'default_properties = fips=yes' | refused 'section \[a\]: default_properties = fips=yes'
    basic 's/^activate = 1/activate = 0/' |
        refused 'section \[default_sect\]: activate = 0: afalg needs the default provider'
    basic 's/^providers = .*/providers = nowhere/' |
        refused 'section \[openssl_init\]: providers = nowhere: no such'
    basic 's/^default = /afalg = a\n&/' '[a]' 'activate = 1' | refused 'section \[provider_sect\] has afalg already'
    printf '[afalg_init]\na = b\n' | refused 'it has a section \[afalg_init\] already'
    basic 's/^default = /legacy = legacy_sect\n&/; /^activate/d' '[legacy_sect]' 'activate = 1' |
        refused 'OpenSSL does not work with it as it is'
    printf '# END afalg\n' >"$FILE"
    afalgctl 2 enable "$FILE"
    says 'one of the marks'
    afalgctl 2 disable "$FILE"
    says 'one of the marks'
    afalgctl 2 enable "$SCRATCH/missing.cnf"
    says 'No such file'
    afalgctl 2 enable "$SCRATCH"
    says 'not a regular file|Is a directory'
    afalgctl 2 enable --mode=fast "$FILE"
    says 'no mode, auto or kernel: fast'
}

# A user that may read the file, and not write beside it.
check_unprivileged() {
    printf '%s\n' "$BASIC" | tee "$FILE" >"$ORIGINAL"
    chmod 755 "$SCRATCH"
    chmod 644 "$FILE"
    setpriv --reuid=65534 --regid=65534 --clear-groups env LD_PRELOAD="${CLI_PRELOAD-}" \
        OPENSSL_MODULES="$MODULES" "$AFALGCTL" enable "$FILE" >"$SCRATCH/out" 2>&1 && fail "written by nobody"
    says "can't be written: Permission denied; do it as root"
    assert_restored
}

# The file that OpenSSL would read, when it is missing; then the programs that have read it are told.
check_missing() {
    local reader
    rm -f "$FILE"
    openssl s_server -accept 0 -nocert >"$SCRATCH/server" 2>&1 < <(sleep 60) &
    reader=$!
    until grep -q ACCEPT "$SCRATCH/server"; do sleep 0.1; done
    OPENSSL_CONF=$FILE afalgctl 0 enable --dry-run
    [[ ! -e $FILE ]] || fail "made by --dry-run"
    OPENSSL_CONF=$FILE afalgctl 0 enable
    says "process.* $reader\b"
    kill "$reader"
    [[ $(stat -c %a "$FILE") == 644 && ! -e $BACKUP ]] || fail "not made as it should be"
    assert_providers afalg default
    OPENSSL_CONF=$FILE afalgctl 0 disable
    [[ ! -e $FILE ]] || fail "not removed"
    OPENSSL_CONF=$FILE afalgctl 0 disable
}

# What a symbolic link leads to is changed, and keeps owner and mode.
check_link() {
    printf '%s\n' "$BASIC" >"$ORIGINAL"
    mkdir "$SCRATCH/elsewhere"
    cp "$ORIGINAL" "$SCRATCH/elsewhere/real.cnf"
    chmod 640 "$SCRATCH/elsewhere/real.cnf"
    chown 65534:65533 "$SCRATCH/elsewhere/real.cnf"
    ln -sf elsewhere/real.cnf "$FILE"
    afalgctl 0 enable "$FILE"
    [[ $(readlink "$FILE") == elsewhere/real.cnf ]] || fail "the link is gone"
    [[ $(stat -c '%a %u %g' "$SCRATCH/elsewhere/real.cnf"{,.afalg-backup} | uniq) == '640 65534 65533' ]] ||
        fail "owner or mode"
    assert_providers afalg default
    afalgctl 0 disable "$FILE"
    assert_restored
    [[ $(ls "$SCRATCH/elsewhere") == real.cnf ]] || fail "left behind: $(ls "$SCRATCH/elsewhere")"
    ln -sf nowhere "$FILE"
    afalgctl 2 enable "$FILE"
    [[ ! -e $SCRATCH/nowhere ]] || fail "made through a dangling link"
    rm "$FILE"
}

# What was edited before, between and after the marks in the meantime.
check_edited() {
    printf '%s' "$BASIC" >"$FILE"
    afalgctl 0 enable --mode=kernel "$FILE"
    sed -i -e '1i # first' -e 's/^mode = kernel/&\nmin_size = 4096/' "$FILE"
    echo 'last = 1' >>"$FILE"
    afalgctl 0 enable --mode=auto "$FILE"
    grep -qx 'min_size = 4096' "$FILE" || fail "the second enable has lost a setting"
    grep -qx 'mode = auto' "$FILE" || fail "the mode was not changed"
    # What is appended is in the section that it would be in without.
    grep -qx 'last = 1' < <(sed -n '/^\[default_sect\]/,$p' "$FILE") || fail "$(cat "$FILE")"
    afalgctl 0 disable "$FILE"
    printf '# first\n%s\nlast = 1\n' "$BASIC" | diff - "$FILE" || fail "more or less than our lines was removed"
    rm -f "$FILE" "$BACKUP"
}

# A directory that the file includes gets a file of our own.
check_drop_in() {
    mkdir "$SCRATCH/openssl.d"
    printf '%s\n.include %s\n[other]\n' "$BASIC" "$SCRATCH/openssl.d" | tee "$FILE" >"$ORIGINAL"
    afalgctl 0 enable "$FILE"
    assert_restored
    [[ $(ls "$SCRATCH/openssl.d") == afalg.cnf ]] || fail "no drop-in: $(ls "$SCRATCH/openssl.d")"
    assert_providers afalg default
    afalgctl 0 disable "$FILE"
    [[ -z $(ls "$SCRATCH/openssl.d") ]] || fail "left behind: $(ls "$SCRATCH/openssl.d")"
    # What follows the directory takes another meaning, or none: seen, and undone.
    printf '%s\n.include %s\nlast = 1\n' "$BASIC" "$SCRATCH/openssl.d" | tee "$FILE" >"$ORIGINAL"
    afalgctl 1 enable "$FILE"
    says 'the key last is no longer what it was'
    says 'restored as it was'
    [[ -z $(ls "$SCRATCH/openssl.d") ]] || fail "left behind: $(ls "$SCRATCH/openssl.d")"
    assert_restored
}

# A provider that does not load is seen afterwards.
check_undone() {
    printf '%s\n' "$BASIC" | tee "$FILE" >"$ORIGINAL"
    mkdir "$SCRATCH/broken"
    echo nonsense >"$SCRATCH/broken/afalg.so"
    OPENSSL_MODULES=$SCRATCH/broken afalgctl 1 enable "$FILE"
    says 'the provider afalg is not loaded'
    says 'restored as it was'
    assert_restored
}

# If the module is removed while it is enabled, applications go on with default.
check_module_gone() {
    printf '%s\n' "$BASIC" | tee "$FILE" >"$ORIGINAL"
    cp -r "$MODULES/afalg.so" "$SCRATCH/afalg.so"
    OPENSSL_MODULES=$SCRATCH afalgctl 0 enable --mode=kernel "$FILE"
    rm "$SCRATCH/afalg.so"
    assert_providers default
    afalgctl 0 disable "$FILE"
    assert_restored
}

check_steps
check_files
check_providers
check_refusals
check_unprivileged
check_missing
check_link
check_edited
check_drop_in
check_undone
check_module_gone
