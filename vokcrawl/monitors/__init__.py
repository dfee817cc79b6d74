"""Monitors that check each run when it has ended, and the notifications about it: docs/alerts.md.

They cannot change a run: it has delivered its records, written its manifest and released its output directory before.
`runner` runs everything in order; `suite` contains the monitors, `history` and `baseline` provide past runs and their
normal figures, `notification` decides whether to notify, `notifiers` and `sending` send, `health` and `metrics` write
files for other programs.
"""
