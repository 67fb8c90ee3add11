# SPDX-License-Identifier: Apache-2.0
# What a package's Makefile needs of OpenWrt's tree; the rest of the stand-in is in the files beside this one.
INCLUDE_DIR = $(TOPDIR)
BUILD_DIR = /build
INSTALL_DIR = install -d
INSTALL_BIN = install -m 0755

.DEFAULT_GOAL = all
all:
