# Medians of one model's runs, as a table on standard output and as lines of results.tsv.
# usage: awk -f table.awk -v model=tp9 -v discard=1 -v limit=300 -v results=FILE golden.tsv recorded.tsv runs.tsv
# Exits 1 when a count differs from the golden one or a tool failed.

BEGIN {
    FS = "\t"
    name["dcheck-2"] = "dcheck"
    name["dcheck-1"] = "dcheck"
    name["dcheck-trace-2"] = "dcheck, with traces"
    name["spin-dfs-1"] = "Spin, DFS, exact"
    name["spin-bfs-1"] = "Spin, BFS, exact"
    name["spin-bfspar-2"] = "Spin, BFS_PAR, hash-compact"
    name["rumur-trace-2"] = "Rumur, with traces"
    name["rumur-2"] = "Rumur, no traces"
    name["ceiling-1"] = "ceiling (hand-written C)"
    name["ceiling-2"] = "ceiling (hand-written C)"
    name["ceiling-packed-2"] = "ceiling, bit-packed states"
}

FNR == 1 { file++ }
/^#/ || $1 != model { next }

file == 1 { distinct = $2; generated = $3; depth = $4; protocol = $5 }
file == 2 { n_recorded++; r_name[n_recorded] = $2; r_threads[n_recorded] = $3; r_wall[n_recorded] = $4; r_rate[n_recorded] = $5; r_bytes[n_recorded] = $6 }

file == 3 {
    v = $2
    if (!(v in status)) {
        order[++n_variants] = v; status[v] = "ok"
        seen_distinct[v] = seen_generated[v] = seen_depth[v] = "-"
    }
    if ($4 != "ok") { if (status[v] == "ok") status[v] = $4 }
    else check_counts(v)
    if ($4 == "ok" && !(discard && $3 == 1)) {
        n = ++n_kept[v]
        wall[v, n] = $5; user[v, n] = $6; sys[v, n] = $7; kib[v, n] = $8; own[v, n] = $12
    }
    if ($4 == "ok" && $14 != "-") remark[v] = $14
    if ($4 == "ok") { seen_distinct[v] = $9; seen_generated[v] = $10; seen_depth[v] = $11 }
}

# Spin prints at most 8 digits of a count.
function check_counts(v,    slack, off) {
    slack = (v ~ /^spin/) ? generated * 1e-7 : 0
    off = $10 - generated
    if ($9 != distinct) wrong(v, "distinct " $9)
    else if (off > slack || -off > slack) wrong(v, "generated " $10)
    else if ($11 != "-" && depth != "-" && $11 != depth) wrong(v, "depth " $11)
}

function wrong(v, what) { if (status[v] == "ok") status[v] = "MISMATCH: " what }

# Median of column[v, 1..n]; leaves the smallest and largest in low and high.
function median(column, v, n,    i, j, t, sorted) {
    for (i = 1; i <= n; i++) {
        t = column[v, i]
        if (t !~ /^[0-9.]+([eE][-+]?[0-9]+)?$/) return "-"
        for (j = i - 1; j >= 1 && sorted[j] > t + 0; j--) sorted[j + 1] = sorted[j]
        sorted[j + 1] = t + 0
    }
    if (!n) return "-"
    low = sorted[1]; high = sorted[n]
    return n % 2 ? sorted[(n + 1) / 2] : (sorted[n / 2] + sorted[n / 2 + 1]) / 2
}

function grouped(x,    s, t) {
    if (x == "-" || x == "") return "-"
    s = sprintf("%.0f", x)
    while (length(s) > 3) { t = "," substr(s, length(s) - 2) t; s = substr(s, 1, length(s) - 3) }
    return s t
}

# Three significant digits, never an exponent.
function short_number(x) {
    if (x == "-" || x == "") return "-"
    x += 0
    return sprintf(x >= 99.95 ? "%.0f" : x >= 9.995 ? "%.1f" : "%.2f", x)
}

function line(a, b, c, d, e, f, g, h, i, j, k,    s) {
    s = sprintf("%-28s %3s %11s %7s %8s %8s %7s %8s %7s %7s  %s", a, b, c, d, e, f, g, h, i, j, k)
    sub(/ +$/, "", s)
    print s
}

# Ratio of dcheck's rate to this one, or "-" when either is not known; with a mark before it.
function ratio(mine, other, mark,    s) {
    if (mine == "-" || other == "-" || other + 0 == 0) return "-"
    return mark short_number(mine / other)
}

function save(v, threads, source, n, st, d, g, dep, w, lo, hi, o, u, s, rss, per, rate, x2, x1) {
    gsub(/[~>]/, "", x2); gsub(/[~>]/, "", x1)
    print model, v, threads, source, n, st, d, g, dep, w, lo, hi, o, u, s, rss, per, rate, x2, x1 >> results
}

END {
    OFS = "\t"
    if ((getline header < results) <= 0)
        print "model", "tool", "threads", "source", "runs", "status", "distinct", "generated", "depth", "wall_s", "wall_min_s", \
            "wall_max_s", "search_s", "user_s", "sys_s", "peak_rss_bytes", "bytes_per_state", "mgen_per_s", \
            "dcheck2_ratio", "dcheck1_ratio" > results
    close(results)

    for (i = 1; i <= n_variants; i++) {
        v = order[i]
        m_wall[v] = median(wall, v, n_kept[v]); m_low[v] = low; m_high[v] = high
        rate[v] = (status[v] == "ok" && m_wall[v] > 0) ? seen_generated[v] / m_wall[v] / 1e6 : "-"
    }
    mine2 = ("dcheck-2" in rate) ? rate["dcheck-2"] : "-"
    mine1 = ("dcheck-1" in rate) ? rate["dcheck-1"] : "-"

    printf "%s: %s: %s distinct, %s generated\n", model, protocol, grouped(distinct), grouped(generated)
    line("", "", "", "", "", "", "", "", "dcheck", "/ this", "")
    line("tool", "thr", "distinct", "Mgen/s", "wall s", "search s", "sys s", "B/state", "2 thr", "1 thr", "")
    for (i = 1; i <= n_variants; i++) {
        v = order[i]
        threads = v; sub(/.*-/, "", threads)
        note = ""; x2 = ratio(mine2, rate[v], ""); x1 = ratio(mine1, rate[v], "")
        if (status[v] == "limit") {
            note = "over " limit " s"
            x2 = ratio(mine2, generated / limit / 1e6, ">"); x1 = ratio(mine1, generated / limit / 1e6, ">")
        } else if (status[v] != "ok") { note = status[v]; failed = 1 }
        else if (n_kept[v] > 1 && m_wall[v] > 0) note = sprintf("spread %.0f %%", 100 * (m_high[v] - m_low[v]) / m_wall[v])
        if (v in remark) note = note (note == "" ? "" : "; ") remark[v]
        if (seen_distinct[v] > 0 && n_kept[v]) { rss = median(kib, v, n_kept[v]) * 1024; per = rss / seen_distinct[v] }
        else { rss = "-"; per = "-" }
        m_own = median(own, v, n_kept[v]); m_user = median(user, v, n_kept[v]); m_sys = median(sys, v, n_kept[v])
        line(name[v], threads, grouped(seen_distinct[v]), short_number(rate[v]), short_number(m_wall[v]), \
            short_number(m_own), short_number(m_sys), short_number(per), x2, x1, note)
        save(v, threads, "measured", n_kept[v] + 0, status[v] (v in remark ? "; " remark[v] : ""), seen_distinct[v], seen_generated[v], seen_depth[v], m_wall[v], \
            m_low[v], m_high[v], m_own, m_user, m_sys, rss, per, rate[v], x2, x1)
    }
    for (i = 1; i <= n_recorded; i++) {
        x2 = ratio(mine2, r_rate[i], "~"); x1 = ratio(mine1, r_rate[i], "~")
        line(r_name[i], r_threads[i], "-", r_rate[i], r_wall[i], "-", "-", r_bytes[i], x2, x1, "recorded")
        save(r_name[i], r_threads[i], "recorded", 1, "-", "-", "-", "-", r_wall[i], "-", "-", "-", "-", "-", "-", r_bytes[i], r_rate[i], x2, x1)
    }
    exit failed
}
