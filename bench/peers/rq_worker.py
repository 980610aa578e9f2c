"""A worker of RQ: `Worker` forks a process for each job, `SimpleWorker` does the jobs itself. Argument: which."""

import sys

import rq

# Imported before the first fork, so that no job pays for it.
from rq_tasks import QUEUE, connection

worker = getattr(rq, sys.argv[1])
worker([QUEUE], connection=connection).work(logging_level="ERROR")
