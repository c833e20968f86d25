"""Runs jobs: where a generator works, who waits for the device, what is kept of the results.

- `job`: a job as a value, and what its owner says of it; `kinds`: what the kinds of job run.
- `messages`: what a runner streams, and its contract; `process`, `worker`: the one runner.
- `queue`: who runs and who waits; `scheduler`: what is done with jobs; `manager`: what may be
  asked for; `access`: who may read what.
- `store`: what is kept of jobs and reports, `database` its file, `records` the reading of it.
- `visitor`: the cookie by which a visitor is known again.
"""
