#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# What the test kernel calls to load a module: counts the call, one line each, then loads.
PATH=/usr/sbin:/usr/bin:/sbin:/bin
export PATH
echo "$*" >>/run/afalg-modprobe.log
exec modprobe "$@"
