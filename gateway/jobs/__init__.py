"""One worker per register and the life of a job.

`states` is the table of states, `steps` the machine that walks it, `actions` what each kind of job asks of a register,
`worker` the loop, `connection` the register's link between jobs.
"""
