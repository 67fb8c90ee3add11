#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Reads a layer's configuration and a recipe by bitbake's own parser, and prints what it makes of them.

usage: parse_recipe.py BITBAKE/lib LAYER.CONF RECIPE
The classes of OpenEmbedded are not there: those that are inherited are taken for empty.
"""
import os
import sys
import tempfile

sys.path.insert(0, sys.argv[1])
import bb.cookerdata  # noqa: E402, F401
import bb.data  # noqa: E402
import bb.parse  # noqa: E402


def main():
    with tempfile.TemporaryDirectory() as classes:
        os.mkdir(classes + "/classes-recipe")
        for name in ("cmake", "pkgconfig"):
            open(f"{classes}/classes-recipe/{name}.bbclass", "w", encoding="ascii").close()
        data = bb.data.init()
        data.setVar("BBPATH", classes)
        data.setVar("LAYERDIR", os.path.dirname(os.path.dirname(sys.argv[2])))
        data.setVar("FILE", sys.argv[3])
        data.setVar("PV", os.path.basename(sys.argv[3]).rsplit("_", 1)[1].removesuffix(".bb"))
        data.setVar("PN", "openssl-provider-afalg")
        data.setVar("__bbclasstype", "recipe")
        for path in sys.argv[2:]:
            bb.parse.handle(os.path.abspath(path), data, True)
        bb.data.expandKeys(data)
        for name in ("SRC_URI", "DEPENDS", "PACKAGES", "FILES:openssl-provider-afalg-enable", "FILES:afalgctl"):
            print(f"{name} = {' '.join(data.getVar(name).split())}")


main()
