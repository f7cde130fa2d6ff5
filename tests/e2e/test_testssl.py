# SPDX-License-Identifier: BSD-2-Clause
"""What testssl.sh finds in the HTTPS server."""

import json
import subprocess

import pytest
from conftest import ACCELS
from test_tls import image, pairs, secure  # noqa: F401 (fixtures)

ARGUMENTS = ["--quiet", "--color", "0", "--warnings", "off", "--ssl-native", "--fast", "--nodns",
             "none", "--protocols", "--server-preference", "--server-defaults", "--fs",
             "--vulnerable"]
BAD = ("MEDIUM", "HIGH", "CRITICAL")

# A certificate made for a test: of its own signature, for another name, short-lived.
CERTIFICATE = ("cert_trust", "cert_chain_of_trust", "cert_expirationStatus", "cert_notAfter",
               "cert_revocation")


@pytest.mark.parametrize("accel", ACCELS[:1], indirect=True)
def test_testssl_finds_nothing_that_matters(secure, tmp_path):  # noqa: F811
    report = str(tmp_path / "report.json")
    with secure.inside():
        subprocess.run(["testssl", *ARGUMENTS, "--jsonfile", report, f"{secure.host}:443"],
                       stdin=subprocess.DEVNULL, capture_output=True, timeout=540)
    with open(report, encoding="utf-8") as f:
        findings = {x["id"]: x for x in json.load(f)}
    assert findings["TLS1_2"]["severity"] == findings["TLS1_3"]["severity"] == "OK"
    assert findings["cipher_order"]["severity"] == "OK"
    assert findings["heartbleed"]["severity"] == findings["ROBOT"]["severity"] == "OK"
    assert findings["BREACH"]["severity"] == "OK"
    assert findings["fallback_SCSV"]["severity"] == "OK"
    found = [f"{x['severity']} {x['id']}: {x['finding']}" for x in findings.values()
             if x["severity"] in BAD and x["id"].split()[0] not in CERTIFICATE]
    assert found == []
