"""What only a developer's machine needs: supervisor, embedded mongod, sandbox, demo school."""
