"""A register behind ATOL's web server: tasks go into the server's queue, whatever becomes of them is asked of it."""
