"""`python -m courseflow_admin`: the command line."""

from courseflow_admin.cli import main

main()
