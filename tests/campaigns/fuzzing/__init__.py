"""Hostile input for every decoder, socket and route: one registry of targets, shared by the suite and by long runs.

`python -m fuzzing SECONDS [TARGET …]`          coverage-guided, one target after another; sums go to docs/fuzzing.json
`python -m fuzzing repeat TARGET FILE`          one saved input again
`python -m fuzzing keep`                        the smallest inputs that reach what long runs reached, into corpus/
`python -m fuzzing schemathesis [EXAMPLES]`     the whole OpenAPI document against a running daemon
`python -m fuzzing garbage [CONNECTIONS]`       raw sockets: nonsense at every port of a running shop
"""
