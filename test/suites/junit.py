# SPDX-License-Identifier: Apache-2.0
"""Prints a line "RESULT TEST" for each test of a JUnit file."""
import sys
import xml.etree.ElementTree

for case in xml.etree.ElementTree.parse(sys.argv[1]).iter("testcase"):
    result = "pass"
    for child in case:
        if child.tag in ("failure", "error"):
            result = "fail"
        elif child.tag == "skipped":
            result = "skip"
    print(result, f"{case.get('classname', '')}.{case.get('name')}".replace("\n", " "))
