# SPDX-License-Identifier: Apache-2.0
MODULES_DIR = ossl-modules

define Package/openssl/module/Default
  SECTION:=libs
  DEPENDS:=libopenssl +libopenssl-conf
endef

# A module NAME of the package PACKAGE: its rule to install both files.
define Package/openssl/add-provider
define Package/$(2)/install
	$(INSTALL_DIR) $$(1)/etc/ssl/modules.cnf.d $$(1)/usr/lib/$(MODULES_DIR)
	$(INSTALL_BIN) $$(PKG_INSTALL_DIR)/usr/lib/$(MODULES_DIR)/$(1).so $$(1)/usr/lib/$(MODULES_DIR)/
	install -m 0644 files/$(1).cnf $$(1)/etc/ssl/modules.cnf.d/
endef
endef
