# SPDX-License-Identifier: Apache-2.0
# Nothing: the check builds by CMake itself.
