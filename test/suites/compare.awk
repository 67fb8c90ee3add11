# SPDX-License-Identifier: Apache-2.0
# Compares two files of lines "RESULT TEST", by default and by afalg; see suites.sh.
# Prints a line for the suite and one for each difference, with its reason from the file "reasons":
# lines "SUITE TEST: REASON", TEST being a regular expression.
BEGIN {
    while ((getline line < reasons) > 0)
        if (line ~ "^" suite " " && (colon = index(line, ": "))) {
            pattern[++known] = "^" substr(line, length(suite) + 2, colon - length(suite) - 2) "$"
            reason[known] = substr(line, colon + 2)
        }
}
{
    result = $1
    sub(/^[^ ]+ /, "")
    if (FILENAME == ARGV[1])
        expected[$0] = result
    else
        got[$0] = result
}
function difference(test, i) {
    for (i = 1; i <= known; i++)
        if (test ~ pattern[i]) {
            explained++
            return reason[i]
        }
    return "NOT EXPLAINED"
}
END {
    for (test in expected) {
        total++
        passed += expected[test] == "pass"
        if (!(test in got))
            got[test] = "nothing"
        if (got[test] != expected[test])
            text[++differences] = sprintf("    %s: %s, with afalg %s: %s", test, expected[test], got[test],
                difference(test))
    }
    printf "%-16s %5d tests, %5d pass by default, %3d differ, %3d of these explained\n", suite, total,
        passed, differences, explained
    for (i = 1; i <= differences; i++)
        print text[i]
    exit !(total && differences == explained)
}
