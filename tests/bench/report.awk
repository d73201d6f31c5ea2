# SPDX-License-Identifier: Apache-2.0
# report.awk - the table of run.sh: lines of round, contender, measure, value in; medians and paired ratios out.
BEGIN { FS = "\t" }

{
  value[$1, $2, $3] = $4
  rounds = $1 > rounds ? $1 : rounds
  if (!($2 in known)) { known[$2] = 1; contenders[++n_contenders] = $2 }
}

# The median of list[1..n].
function median(list, n,    i, j, t) {
  for (i = 2; i <= n; i++)
    for (j = i; j > 1 && list[j - 1] > list[j]; j--) { t = list[j]; list[j] = list[j - 1]; list[j - 1] = t }
  return n % 2 ? list[(n + 1) / 2] : (list[n / 2] + list[n / 2 + 1]) / 2
}

# Of one contender and measure; minus what the same measure is without a gateway when `added`.
function figure(who, what, added,    r, n, list) {
  for (r = 1; r <= rounds; r++)
    if ((r, who, what) in value)
      list[++n] = value[r, who, what] - (added ? value[r, "direct", what] : 0)
  return n ? median(list, n) : ""
}

function ratio(who, what, added,    r, n, list, below) {
  for (r = 1; r <= rounds; r++)
    if ((r, who, what) in value && (r, "nginx", what) in value) {
      below = value[r, "nginx", what] - (added ? value[r, "direct", what] : 0)
      if (below > 0)
        list[++n] = (value[r, who, what] - (added ? value[r, "direct", what] : 0)) / below
    }
  return n ? median(list, n) : ""
}

function cell(who, what, added,    f, q) {
  f = figure(who, what, added)
  if (f == "")
    return "-"
  q = who == "nginx" || who == "direct" ? "" : ratio(who, what, added)
  f = sprintf(f >= 100 || f <= -100 ? "%.0f" : (f >= 10 ? "%.1f" : "%.2f"), f)
  return q == "" ? f : f " (" sprintf(q >= 10 ? "%.0f" : "%.2f", q) "x)"
}

function row(title, what, added,    i, q) {
  printf "%-52s", title
  for (i = 1; i <= n_contenders; i++) {
    printf " %18s", added && contenders[i] == "direct" ? cell("direct", what, 0) " =" : cell(contenders[i], what, added)
    if (json && figure(contenders[i], what, added) != "") {
      q = ratio(contenders[i], what, added)
      members = members sprintf("%s\n    {\"measure\": \"%s\", \"contender\": \"%s\", \"median\": %s, \"to_nginx\": %s}",
        members == "" ? "" : ",", what (added ? "_added" : ""), contenders[i], figure(contenders[i], what, added),
        q == "" ? "null" : q)
    }
  }
  printf "\n"
}

END {
  printf "%s; %d rounds%s; in brackets: the median of the ratios to nginx of the same round\n", machine, rounds,
    ENVIRON["QUICK"] ? " (quick)" : ""
  printf "load average at the end: %s (the benchmark itself: about 2)\n", ENVIRON["BUSY"]
  if (ENVIRON["SKIPPED"])
    print ENVIRON["SKIPPED"]
  printf "\n%-52s", ""
  for (i = 1; i <= n_contenders; i++)
    printf " %18s", contenders[i]
  printf "\n"
  row("CPU us/request, 64 connections", "c64_cpu")
  row("CPU us/request, 256 connections", "c256_cpu")
  row("requests/s, 64 connections", "c64_rps")
  row("requests/s, 256 connections", "c256_rps")
  row("p50 us, 64 connections", "c64_p50")
  row("p99 us, 64 connections", "c64_p99")
  row("added p50 us, 1 connection", "c1_p50", 1)
  row("added p99 us, 1 connection", "c1_p99", 1)
  row("CPU us/request, HTTPS upstream", "tls_cpu")
  row("CPU us/request, 60 ms upstream, 256 in flight", "wait256_cpu")
  row("CPU us/request, 60 ms upstream, 2000 in flight", "wait2000_cpu")
  row("CPU us/request, body of 400 KB", "k400_cpu")
  row("CPU us/request, body of 1 MB", "m1_cpu")
  row("CPU us/request, body with an image of 1 MB", "image_cpu")
  row("CPU us/request, answer of Anthropic, translated", "claude_cpu")
  row("CPU us/request, the same with an image of 1 MB", "claude_image_cpu")
  row("CPU us/event, Anthropic's at once, translated", "claude_burst_cpu")
  row("CPU us/event, 100 events at once", "burst_cpu")
  row("events/s, 100 events at once", "burst_eps")
  row("CPU us/event, one event per 5 ms, 200 streams", "paced_cpu")
  row("first text, p50 us, 200 streams", "paced_first_p50")
  row("two workers against one, by CPU of a request", "workers")
  row("KiB per open stream, 500", "open_500")
  row("KiB per open stream, 1000", "open_1000")
  row("KiB per open stream, 5000", "open_5000")
  row("RSS MiB, idle", "rss_idle")
  row("RSS MiB, after 256 connections", "rss_256")
  row("ms from start to first answer", "ready")
  print "\n\"=\": latency without a gateway, not added to anything."
  if (json) {
    printf "{\n  \"machine\": \"%s\", \"rounds\": %d, \"skipped\": \"%s\",\n  \"figures\": [%s\n  ]\n}\n", machine, rounds,
      ENVIRON["SKIPPED"], members > json
  }
}
