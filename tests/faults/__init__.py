"""What a power cut, a full disk, a second analyst or another program may do to a logbook, done to one on purpose."""
