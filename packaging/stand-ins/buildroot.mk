# SPDX-License-Identifier: Apache-2.0
# What the package of Buildroot needs of its tree. PACKAGE is the package's directory, TARGET_DIR the root.
INSTALL = install
BR2_PACKAGE_OPENSSL_PROVIDER_AFALG_ENABLE = y
cmake-package = enable: $(OPENSSL_PROVIDER_AFALG_POST_INSTALL_TARGET_HOOKS)

include $(PACKAGE)/openssl-provider-afalg.mk

OPENSSL_PROVIDER_AFALG_ENABLE: @D = $(OPENSSL_PROVIDER_AFALG_SITE)
OPENSSL_PROVIDER_AFALG_ENABLE:
	$($@)
