# SPDX-License-Identifier: Apache-2.0
# find_package(afalg): the targets afalg::sockopt and afalg::socket.
include(CMakeFindDependencyMacro)
find_dependency(PkgConfig)
find_dependency(Threads)
pkg_check_modules(libmnl REQUIRED QUIET IMPORTED_TARGET libmnl)
include(${CMAKE_CURRENT_LIST_DIR}/afalgTargets.cmake)
