"""Turn a page's facts into what its visitors read. Pure: no I/O, no clock."""
