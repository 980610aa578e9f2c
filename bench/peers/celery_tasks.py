"""The queue and the worker: Celery with Redis as broker and as the place of results. REDIS_SOCKET: path of its socket."""

import os

import redis
from celery import Celery

from thumbnail import KEPT_SECONDS, describe, make_jpeg

SOCKET = os.environ["REDIS_SOCKET"]
URL = f"redis+socket://{SOCKET}"

app = Celery("thumbnails", broker=URL, backend=URL)
app.conf.update(result_expires=KEPT_SECONDS, worker_hijack_root_logger=False)
files = redis.Redis(unix_socket_path=SOCKET)


@app.task(bind=True)
def make_thumbnail(self, url):
    jpeg = make_jpeg(url)
    files.set(f"thumbnail:{self.request.id}", jpeg, ex=KEPT_SECONDS)
    return describe(jpeg)
