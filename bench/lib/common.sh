# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# What the benchmarks share. ./dev bench NAME runs NAME.sh on the test kernel, with AFALG_BUILD
# set to the directory of the build to measure.

BENCH=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd -P)
PROGRAMS=${AFALG_BUILD:?run by ./dev bench}/bench
RESULTS=$PROGRAMS/results
mkdir -p "$RESULTS"

# Prints an openssl.cnf with afalg in a mode, and default beside it.
configuration() { # MODE [LINE_OF_AFALG...]
    cat <<TEXT
openssl_conf = openssl_init

[openssl_init]
providers = providers
alg_section = properties
random = random

[providers]
default = default_provider
afalg = afalg_provider

[default_provider]
activate = 1

[properties]
default_properties = ?provider=afalg

[random]
properties = provider=default

[afalg_provider]
module = $AFALG_BUILD/provider/afalg.so
activate = 1
mode = $1
TEXT
    shift
    (($# == 0)) || printf '%s\n' "$@"
}

# More lines of afalg's section, for side_by_side.
SETTINGS=()

# Measures the peers side by side, and plots; in auto with the envelope of what afalg can choose from.
side_by_side() { # NAME MODE TITLE BENCH_OPTION...
    local name=$1 mode=$2 title=$3 status=0
    shift 3
    configuration "$mode" "${SETTINGS[@]}" >"$RESULTS/$name.cnf"
    rm -f "$RESULTS/$name".{tsv,svg}
    "$PROGRAMS/bench" "$name" --config "$RESULTS/$name.cnf" --output "$RESULTS/$name.tsv" "$@" ||
        status=$?
    if [[ -s $RESULTS/$name.tsv ]]; then
        gnuplot -c "$BENCH/plot.gp" "$RESULTS/$name.tsv" "$RESULTS/$name.svg" "mode = $mode, $title" \
            "$([[ $mode != auto ]] || echo envelope)"
        echo "figures: $RESULTS/$name.tsv, plot: $RESULTS/$name.svg"
    fi
    return "$status"
}

# Sets parameters of the device of test/device.
device_parameters() { # NAME=VALUE...
    local parameter
    for parameter; do
        echo "${parameter#*=}" >"/sys/module/afalg_device/parameters/${parameter%%=*}"
    done
}
