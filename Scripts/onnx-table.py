#!/usr/bin/env python3
"""From the results of the ONNX conformance tests: the table in the docs, and the list of tests that must pass.

Arguments: the JSON of conformance.py, the page, the list."""
import collections
import json
import re
import sys

BEGIN = "<!-- conformance: written by Scripts/onnx-conformance.sh --update -->"
END = "<!-- end -->"


def operator(case):
    domain = case["domain"]
    if case["kind"] != "node":
        return f"{case['kind']} (models)"
    return f"{domain} {case['op']}" if domain else case["op"]


def short(reason):
    """The reason without paths and numbers of the one case."""
    reason = re.sub(r"\S*/model\.onnx: ", "", reason)
    reason = re.sub(r"\S*/test_data_set_\d+/\S+: ", "", reason)
    reason = re.sub(r"test_data_set_\d+ ", "", reason).replace("|", "/").strip()
    return reason if len(reason) <= 110 else reason[:107] + "…"


def main():
    cases = json.load(open(sys.argv[1]))
    passed = [c for c in cases if c["status"] == "passed"]
    groups = collections.defaultdict(list)
    for case in cases:
        groups[operator(case)].append(case)
    lines = [BEGIN, ""]
    lines.append(f"{len(passed)} of {len(cases)} tests pass.")
    lines += ["", "| operator | opsets | tests | pass | why the others do not |", "|---|---|---|---|---|"]
    for name in sorted(groups, key=str.lower):
        group = groups[name]
        opsets = ", ".join(str(v) for v in sorted({c["opset"] for c in group}))
        count = sum(c["status"] == "passed" for c in group)
        reasons = collections.Counter(short(c["reason"]) for c in group if c["status"] != "passed")
        text = "; ".join(f"{n} × {r}" if n > 1 else r for r, n in reasons.most_common(3))
        lines.append(f"| {name} | {opsets} | {len(group)} | {count} | {text} |")
    lines += ["", END]
    page = open(sys.argv[2]).read()
    start, stop = page.index(BEGIN), page.index(END) + len(END)
    open(sys.argv[2], "w").write(page[:start] + "\n".join(lines) + page[stop:])
    open(sys.argv[3], "w").write("".join(sorted(f"{c['kind']}/{c['name']}\n" for c in passed)))
    print(f"{len(passed)} of {len(cases)} pass")


main()
