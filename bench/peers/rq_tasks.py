"""The work of RQ's workers. REDIS_SOCKET: path of the socket of Redis."""

import os

import redis
from rq import get_current_job

from thumbnail import KEPT_SECONDS, describe, make_jpeg

QUEUE = "thumbnails"
connection = redis.Redis(unix_socket_path=os.environ["REDIS_SOCKET"])


def make_thumbnail(url):
    jpeg = make_jpeg(url)
    connection.set(f"thumbnail:{get_current_job().id}", jpeg, ex=KEPT_SECONDS)
    return describe(jpeg)
