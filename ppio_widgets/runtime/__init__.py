"""What there is once in a kernel: cell, threads, clock, files; it knows no cloud and no body."""
