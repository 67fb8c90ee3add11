# SPDX-License-Identifier: Apache-2.0
SUMMARY = "OpenSSL provider for the Linux kernel's crypto (AF_ALG)"
DESCRIPTION = "A provider that lets any application of OpenSSL 3 or later use the crypto of the Linux kernel, in \
hardware or software, without a change to the application."
SECTION = "libs/network"
LICENSE = "Apache-2.0"
LIC_FILES_CHKSUM = "file://LICENSE;md5=3b83ef96387f14655fc854ddc3c6bd57"

# The archive of a release, or of ./dev dist: put it beside afalg.cnf, or name a mirror in SOURCE_MIRROR_URL.
SRC_URI = "file://afalg-${PV}.tar.gz \
           file://afalg.cnf"
S = "${UNPACKDIR}/afalg-${PV}"
# Before walnascar files are unpacked in WORKDIR.
UNPACKDIR ??= "${WORKDIR}"

DEPENDS = "json-c keyutils libmnl openssl"

inherit cmake pkgconfig

EXTRA_OECMAKE = "-DAFALG_TESTS=OFF -DAFALG_MANUALS=OFF -DAFALG_MODULES_DIR=${libdir}/ossl-modules"

# In the directory that openssl.cnf includes. An image has the provider on if it has this package.
do_install:append() {
    install -D -m 0644 ${UNPACKDIR}/afalg.cnf ${D}${sysconfdir}/ssl/openssl.cnf.d/afalg.cnf
}

PACKAGES =+ "${PN}-enable afalgctl"

SUMMARY:${PN}-enable = "${SUMMARY} - switched on for every application"
FILES:${PN}-enable = "${sysconfdir}/ssl/openssl.cnf.d/afalg.cnf"
CONFFILES:${PN}-enable = "${sysconfdir}/ssl/openssl.cnf.d/afalg.cnf"
RDEPENDS:${PN}-enable = "${PN} openssl-conf"

SUMMARY:afalgctl = "${SUMMARY} - the tool that shows, tests, measures and switches it"
FILES:afalgctl = "${bindir}/afalgctl ${datadir}/bash-completion ${datadir}/zsh"

FILES:${PN} = "${libdir}/ossl-modules/afalg.so"
# Without its index of hardware drivers (crypto_user) the provider knows none.
RRECOMMENDS:${PN} = "kernel-module-crypto-user kernel-module-algif-skcipher kernel-module-algif-aead \
                     kernel-module-algif-hash"
