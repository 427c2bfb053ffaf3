"""The command line. `main` names the commands; each imports what it needs when it runs."""
