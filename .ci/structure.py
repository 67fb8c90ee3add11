#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Lists what breaks the structure of the sources: circles of includes and of calls between files,
a folder that uses one above it, structs of too many members, functions of too many parameters.

    structure.py BUILD_DIRECTORY FOLDER...

Calls are read from the build's objects: a file calls another if it uses a function that the other
defines; the tables of a row's functions are data. A .c file and its .h are one. Exits with 1 if
there is anything to list.
"""
import json
import os
import re
import subprocess
import sys

MEMBERS_MAX = 18
PARAMETERS_MAX = 6

# From top to bottom. A folder may use those below its own line, and no folder of a line above.
LAYERS = [
    ["tools"],
    ["provider"],
    ["provider/cipher", "provider/aead", "provider/digest", "provider/mac", "provider/rand"],
    ["provider/backend"],
    ["provider/key"],
    ["socket"],
    ["sockopt"],
    ["include"],
]
# Its files lie above and below those of its folders.
MIXED = "provider"
INCLUDE_PATHS = ["", "include", "provider"]


def layer(path):
    """The line of the innermost folder that holds the file; None if it is in none."""
    found = None
    for line, folders in enumerate(LAYERS):
        if any(path.startswith(folder + "/") for folder in folders):
            found = line
    return found


def sources(folders):
    for folder in folders:
        for directory, _, names in os.walk(folder):
            for name in sorted(names):
                if name.endswith((".c", ".h")):
                    yield os.path.join(directory, name)


def code(path):
    """The file's text without comments, strings and preprocessor lines; newlines stay."""
    with open(path, encoding="utf-8") as file:
        text = file.read()
    blank = lambda match: re.sub(r"[^\n]", " ", match.group())
    text = re.sub(r"/\*.*?\*/|//[^\n]*", blank, text, flags=re.S)
    text = re.sub(r'"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])*\'', blank, text)
    return re.sub(r"^[ \t]*#(?:[^\n]*\\\n)*[^\n]*", blank, text, flags=re.M)


def unit(path):
    return os.path.splitext(path)[0]


def includes(path):
    with open(path, encoding="utf-8") as file:
        names = re.findall(r'^[ \t]*#[ \t]*include[ \t]+["<]([^">]+)[">]', file.read(), flags=re.M)
    for name in names:
        for base in [os.path.dirname(path)] + INCLUDE_PATHS:
            candidate = os.path.normpath(os.path.join(base, name))
            if os.path.isfile(candidate):
                yield candidate
                break


def objects(build):
    """Source and object of each file that the build has compiled."""
    with open(os.path.join(build, "compile_commands.json"), encoding="utf-8") as file:
        for entry in json.load(file):
            source = os.path.relpath(entry["file"])
            output = re.search(r" -o (\S+)", entry["command"]).group(1)
            yield source, os.path.join(entry["directory"], output)


def symbols(path):
    """Functions that an object defines, and names that it uses."""
    listing = subprocess.run(["nm", "-g", path], check=True, capture_output=True, text=True).stdout
    functions, used = set(), set()
    for line in listing.splitlines():
        kind, name = line.split()[-2:]
        if kind in "TW":
            functions.add(name)
        elif kind == "U":
            used.add(name)
    return functions, used


def call_graph(build, files):
    tables = {}
    for source, path in objects(build):
        if source in files and source not in tables and os.path.exists(path):
            tables[source] = symbols(path)
    owner = {name: source for source, (functions, _) in tables.items() for name in functions}
    return {source: {owner[name] for name in used if name in owner and owner[name] != source}
            for source, (_, used) in tables.items()}


def shortest_circle(graph, start):
    """The shortest way from a node back to itself; None if there is none."""
    queue, seen = [[start]], set()
    for path in queue:
        for other in sorted(graph.get(path[-1], ())):
            if other == start:
                return path
            if other not in seen:
                seen.add(other)
                queue.append(path + [other])
    return None


def circles(graph):
    """The shortest circle of each node that is in one, each circle once, from its first name on."""
    found = set()
    for node in graph:
        path = shortest_circle(graph, node)
        if path is not None:
            first = path.index(min(path))
            found.add(tuple(path[first:] + path[:first]))
    return [" -> ".join(path + path[:1]) for path in sorted(found)]


def merged(graph):
    """The same with a .c file and its .h as one."""
    units = {}
    for node, others in graph.items():
        units.setdefault(unit(node), set()).update(unit(other) for other in others)
    return {node: others - {node} for node, others in units.items()}


def upwards(graph):
    for node, others in sorted(graph.items()):
        for other in sorted(others):
            if os.path.dirname(other) == MIXED and node.startswith(MIXED + "/"):
                continue
            here, there = layer(node), layer(other)
            if here is not None and there is not None and there < here:
                yield f"{node} uses {other}, which is above it"


def split_arguments(text):
    """Splits at the commas that are in no parentheses or braces."""
    parts, depth = [""], 0
    for char in text:
        depth += (char in "([{") - (char in ")]}")
        if char == "," and depth == 0:
            parts.append("")
        else:
            parts[-1] += char
    return parts


def body_of(text, start):
    """What is between the brace at start and the one that closes it."""
    depth = 0
    for at in range(start, len(text)):
        depth += (text[at] == "{") - (text[at] == "}")
        if depth == 0:
            return text[start + 1:at]
    return text[start + 1:]


def members(body):
    body = re.sub(r"\{[^{}]*\}", "", body)
    while "{" in body:
        body = re.sub(r"\{[^{}]*\}", "", body)
    return sum(len(split_arguments(member)) for member in body.split(";") if member.strip())


def large_structs(path, text):
    for match in re.finditer(r"\bstruct\s+(\w+)\s*\{", text):
        count = members(body_of(text, match.end() - 1))
        if count > MEMBERS_MAX:
            yield f"{path}: struct {match.group(1)} has {count} members, of at most {MEMBERS_MAX}"


def wide_functions(path, text):
    """A function whose type is OpenSSL's has the parameters that OpenSSL gives it."""
    dispatched = set(re.findall(r"\bOSSL_FUNC_\w+_fn\s+(\w+)\s*;", text))
    for match in re.finditer(r"^(?:\w[\w \t\n*]*?[ \t\n*])?(\w+)\(([^;{}]*)\)[^;{}()]*(?:\([^;{}]*\))?\s*[;{]", text,
                             flags=re.M):
        name, count = match.group(1), len(split_arguments(match.group(2)))
        if count > PARAMETERS_MAX and name not in dispatched:
            yield f"{path}: {name}() takes {count} parameters, of at most {PARAMETERS_MAX}"


def findings(build, folders):
    files = list(sources(folders))
    wanted = set(files)
    uses = {path: {other for other in includes(path) if other in wanted} for path in files}
    calls = call_graph(build, wanted)
    yield from ("circle of includes: " + circle for circle in circles(merged(uses)))
    yield from ("circle of calls: " + circle for circle in circles(calls))
    yield from upwards(uses)
    yield from upwards(calls)
    for path in files:
        text = code(path)
        yield from large_structs(path, text)
        yield from wide_functions(path, text)
    missing = [path for path in files if path.endswith(".c") and path not in calls]
    yield from (f"{path}: not in the build {build}" for path in missing)


def main():
    if len(sys.argv) < 3:
        sys.exit(__doc__)
    found = list(findings(sys.argv[1], sys.argv[2:]))
    print("\n".join(found), end="\n" if found else "")
    sys.exit(1 if found else 0)


if __name__ == "__main__":
    main()
