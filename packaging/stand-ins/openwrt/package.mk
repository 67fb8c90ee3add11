# SPDX-License-Identifier: Apache-2.0
# Installs a package below DESTINATION.
define BuildPackage
$(eval $(Package/$(1)))
$(info $(1): $(SECTION); $(TITLE); $(DEPENDS); cmake $(CMAKE_OPTIONS))
all: install-$(1)
install-$(1):
	$(call Package/$(1)/install,$(DESTINATION)/$(1))
endef
