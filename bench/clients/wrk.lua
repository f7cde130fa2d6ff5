-- SPDX-License-Identifier: BSD-2-Clause
-- What wrk measured, as JSON; by itself it does not tell the 99.9th percentile.
done = function(summary, latency, requests)
  local e = summary.errors
  io.write(string.format(
    '\nJSON {"per_s": %.1f, "bytes_per_s": %.0f, "failed": %d, "p50_ms": %.3f, "p99_ms": %.3f, "p999_ms": %.3f}\n',
    summary.requests * 1e6 / summary.duration, summary.bytes * 1e6 / summary.duration,
    e.connect + e.read + e.write + e.status + e.timeout,
    latency:percentile(50) / 1000, latency:percentile(99) / 1000, latency:percentile(99.9) / 1000))
end
