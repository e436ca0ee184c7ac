"""The part of Portwright that lives inside a measured interpreter: it loads, runs and reports, and judges nothing."""

PROTOCOL = "portwright-probe/1"
