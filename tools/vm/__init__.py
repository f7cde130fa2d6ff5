# SPDX-License-Identifier: BSD-2-Clause
"""How a Thimble VM is started, watched and stopped: the one description that
`make run`, the end-to-end tests and the benchmarks share."""
