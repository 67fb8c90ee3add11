################################################################################
#
# openssl-provider-afalg
#
# SPDX-License-Identifier: Apache-2.0
#
################################################################################

OPENSSL_PROVIDER_AFALG_VERSION = 0.1.0
# The sources that this tree lies in. Their own build directory stays behind.
OPENSSL_PROVIDER_AFALG_SITE = $(realpath $(BR2_EXTERNAL_AFALG_PATH)/../..)
OPENSSL_PROVIDER_AFALG_SITE_METHOD = local
OPENSSL_PROVIDER_AFALG_OVERRIDE_SRCDIR_RSYNC_EXCLUSIONS = --exclude build
OPENSSL_PROVIDER_AFALG_LICENSE = Apache-2.0
OPENSSL_PROVIDER_AFALG_LICENSE_FILES = LICENSE
OPENSSL_PROVIDER_AFALG_DEPENDENCIES = host-pkgconf json-c keyutils libmnl openssl
OPENSSL_PROVIDER_AFALG_CONF_OPTS = \
	-DAFALG_TESTS=OFF \
	-DAFALG_MANUALS=OFF \
	-DAFALG_MODULES_DIR=/usr/lib/ossl-modules

# The drop-in of the OpenEmbedded recipe adds to the sections of OpenSSL's own openssl.cnf.
define OPENSSL_PROVIDER_AFALG_ENABLE
	$(INSTALL) -D -m 0644 $(@D)/packaging/openembedded/recipes-connectivity/openssl-provider-afalg/files/afalg.cnf \
		$(TARGET_DIR)/etc/ssl/afalg.cnf
	grep -qxF '.include /etc/ssl/afalg.cnf' $(TARGET_DIR)/etc/ssl/openssl.cnf || \
		echo '.include /etc/ssl/afalg.cnf' >>$(TARGET_DIR)/etc/ssl/openssl.cnf
endef
ifeq ($(BR2_PACKAGE_OPENSSL_PROVIDER_AFALG_ENABLE),y)
OPENSSL_PROVIDER_AFALG_POST_INSTALL_TARGET_HOOKS += OPENSSL_PROVIDER_AFALG_ENABLE
endif

$(eval $(cmake-package))
