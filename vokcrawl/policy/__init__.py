"""Pure rules: when to stop, date ranges, revisit and backoff schedules, the outcome of a run. No I/O."""
