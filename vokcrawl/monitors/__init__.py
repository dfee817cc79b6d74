"""What looks at a run when it has ended, and whom it tells: docs/alerts.md.

Nothing here can change a run: it has delivered, written its manifest and freed its folder before. `report` does it
all, in order; `history` and `usual` say what is usual here, `suite` holds the monitors, `news` decides what is worth
telling, `actions` and `sending` tell it, `health` and `metrics` leave it for machines.
"""
