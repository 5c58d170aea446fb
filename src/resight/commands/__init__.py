"""Commands with a file each: what brings records in, hands them out, or merges two logbooks."""
