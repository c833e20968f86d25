"""Runs jobs: where a generator works, who waits for the device, what is kept of the results.

- `job`: a job as a value, and what a runner streams; `kinds`: what the kinds of job run.
- `process`, `worker`: the one runner, which also asks what PyTorch finds; `zerogpu`: the other.
- `queue`: who runs and who waits; `scheduler`: what is done with jobs; `manager`: what may be
  asked for; `access`: who is asking, and what they may read.
- `store`: what is kept, `database` its file, `records` the reading of it.
- `archive`: the thread that keeps copies of it, `copy_folder` where they lie, `copies` what the
  database knows of them.
"""
