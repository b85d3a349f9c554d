"""The results as Markdown."""

HEAD = ["model", "body", "batching", "bare runtime, /s", "server, /s", "share", "connections", "rows a run", "p50 at 80 %, ms", "p99, ms", "p99 ÷ p50", "CPU: server, client"]


def markdown(results):
    pinned = results["pinned"]
    where = (f"server and bare runtime on core {pinned['server']} with {pinned['threads']} thread, client on core {pinned['client']}, polling"
             if pinned["server"] else f"nothing pinned: server and bare runtime with {pinned['threads']} threads, client on the same cores")
    lines = ["# The server against the bare runtime", "", f"{results['date']}, {results['machine']['processor']}, {results['machine']['cores']} cores; {where}; "
             f"{results['seconds']:g} s for each number. Method in [Benchmarks](../README.md#the-server).", ""]
    if results["provisional"]: lines += [f"**Provisional**: something else ran (load average {results['load_before']} before).", ""]
    lines += ["| " + " | ".join(HEAD) + " |", "|" + "---|" * len(HEAD)]
    for work in results["works"]:
        for row in work["rows"]:
            best = max(row["closed"], key=lambda c: c["rate"])
            times = row["open"]["latency_us"]
            cells = [work["work"], row["form"], row["batching"], f"{work['bare_rate']:.0f}", f"{row['rate']:.0f}", f"{100 * row['share_of_bare']:.0f} %", str(row["connections"]),
                     f"{best['rows_per_run']:g}", f"{times['p50'] / 1e3:.2f}", f"{times['p99'] / 1e3:.2f}", f"{row['p99_by_p50']:.2f}",
                     f"{100 * best['server_cpu_share']:.0f} %, {100 * best['client_cpu_share']:.0f} %"]
            lines.append("| " + " | ".join(cells) + " |")
    lines += ["", "Closed loop by connections, requests a second:", ""]
    counts = [c["connections"] for c in results["works"][0]["rows"][0]["closed"]] if results["works"] else []
    lines += ["| model | body | batching | " + " | ".join(map(str, counts)) + " |", "|" + "---|" * (3 + len(counts))]
    for work in results["works"]:
        for row in work["rows"]:
            lines.append(f"| {work['work']} | {row['form']} | {row['batching']} | " + " | ".join(f"{c['rate']:.0f}" for c in row["closed"]) + " |")
    lines += [""] + [f"- `{work['work']}`: {work['about']}" + (f"; bare runtime with 8 rows {work['bare_rate_of_8_rows']:.0f} rows a second" if work["bare_rate_of_8_rows"] else "")
                     for work in results["works"]]
    errors = sum(r["errors"] for w in results["works"] for r in w["rows"])
    return "\n".join(lines) + f"\n- Requests that failed: {errors}\n"
