"""Jobs: where a generator runs, who waits for the device, and what is kept of the results.

- `messages`: what a runner streams; `runner`: the contract; `process`, `worker`: the one runner.
- `job`, `store`: a job as a value, and what is kept of jobs and reports; `database`: the file of
  it; `annotation`: what its owner says of a job; `host`: on what it was computed.
- `kinds`: what the two kinds of job run; `device`: who runs and who waits;
  `scheduler`: what is done with jobs; `manager`: what may be asked for; `reading`: who may read
  what; `recovery`: what becomes of jobs that a server left behind.
- `visitor`: the cookie by which a visitor is known again.
"""
