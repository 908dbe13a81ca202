"""Has google/slo-generator judge objectives: what it is given on standard input, its reports on standard output."""

import json
import logging
import sys

from slo_generator.compute import compute

logging.disable(logging.CRITICAL)
given = json.load(sys.stdin)
policy = {
    "steps": [
        {
            "name": str(window),
            "window": window,
            "burn_rate_threshold": 1,
            "alert": False,
            "message_alert": "too fast",
            "message_ok": "fine",
        }
        for window in given["windows"]
    ]
}
config = {
    "backends": {"prometheus": {"url": given["url"]}},
    "error_budget_policies": {"default": policy},
}
reports = {}
for slo in given["slos"]:
    reports[slo["name"]] = compute(
        {
            "apiVersion": "sre.google.com/v2",
            "kind": "ServiceLevelObjective",
            "metadata": {"name": slo["name"], "labels": {}},
            "spec": {
                "description": slo["name"],
                "backend": "prometheus",
                "method": "good_bad_ratio",
                "error_budget_policy": "default",
                "goal": slo["goal"],
                "service_level_indicator": slo["indicator"],
            },
        },
        config,
    )
json.dump(reports, sys.stdout)
