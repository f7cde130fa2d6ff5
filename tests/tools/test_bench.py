# SPDX-License-Identifier: BSD-2-Clause
"""The bench's arithmetic: which way a goal is met."""

import os
import sys

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.path.insert(0, os.path.join(TOP, "bench"))

from suite import goals, loads  # noqa: E402


def rates(**per_s):
    return {name: {"per_s": value} for name, value in per_s.items()}


def test_a_rate_is_met_from_its_goal_on():
    name = "new connection each, by Linux's"
    for ours, met in ((599, False), (600, True), (601, True)):
        found = goals.ratios({"loads": {"new_16": rates(thimble=ours, linux=100)}})[name]
        assert found == {"ratio": ours / 100, "goal": 6, "met": met}


def test_a_limit_is_met_up_to_it():
    name = "instructions, keep-alive, 16 connections"
    for insn, met in ((4999, True), (5000, True), (5001, False)):
        found = goals.ratios({"insn": {"thimble": {"keepalive_16": {"insn": insn}}}})[name]
        assert (found["met"], found["measured"], found["ratio"] >= found["goal"]) == (met, insn, met)


def test_what_needed_more_ram_than_was_tried_is_not_met():
    results = {"memory": {"least_mb": {"thimble": {"http": None}}}}
    assert not goals.ratios(results)["least RAM over HTTP"]["met"]


def test_the_firmware_and_the_empty_guest_are_taken_off():
    results = {
        "insn": {"thimble": {"boot": {"insn": 1_004_000}}, "empty": {"boot": {"insn": 4000}}},
        "boot": {"empty": 40.0, "thimble": {"http": 55.1, "https": 80.0}},
    }
    found = goals.ratios(results)
    assert found["instructions from entry to the first answer"]["met"]
    assert not found["first answer over HTTP, above the empty guest"]["met"]
    assert found["first answer over HTTPS, above the empty guest"]["met"]


def test_the_median_of_the_turns_counts():
    turns = [{"per_s": rate, "p50_ms": 1, "failed": 1} for rate in (9, 1, 2)]
    found = loads.median_of(turns)
    assert (found["per_s"], found["turns"], found["failed"]) == (2, [9, 1, 2], 3)
