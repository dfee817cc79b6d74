"""What a run and an archive look like to people: status, summary, report."""
