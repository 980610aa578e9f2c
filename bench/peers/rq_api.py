"""The API before RQ: Flask, whose waits are blocking reads of the stream in which RQ puts a job's result."""

from flask import Flask, jsonify, request
from redis.exceptions import RedisError
from rq import Queue
from rq.job import Job
from rq.results import Result, get_key

from rq_tasks import QUEUE, connection, make_thumbnail
from thumbnail import KEPT_SECONDS

api = Flask(__name__)
queue = Queue(QUEUE, connection=connection)


def result_of(job, wait):
    """None when there is none in time; a block of None does not wait at all."""
    streams = connection.xread({get_key(job.id): "0-0"}, block=int(wait * 1000) or None, count=1)
    if not streams:
        return None
    [[_, [[id, payload]]]] = streams
    return Result.restore(job.id, id.decode(), payload, connection=connection)


def answer(job, wait):
    result = result_of(job, wait)
    if result is None:
        return going_on(job)
    if result.type != Result.Type.SUCCESSFUL:
        return jsonify(id=job.id, status="failed", error=result.exc_string)
    return jsonify(id=job.id, status="completed", **result.return_value)


def going_on(job):
    headers = {"Location": f"/v1/thumbnails/{job.id}", "Retry-After": "1"}
    return jsonify(id=job.id, status="queued"), 202, headers


@api.post("/v1/thumbnails")
def submit():
    wait = float(request.args.get("wait", 0))
    job = queue.enqueue(make_thumbnail, request.get_json()["url"], result_ttl=KEPT_SECONDS)
    return answer(job, wait) if wait > 0 else going_on(job)


@api.get("/v1/thumbnails/<id>")
def read(id):
    return answer(Job(id, connection=connection), float(request.args.get("wait", 0)))


@api.get("/v1/thumbnails/<id>/file")
def read_file(id):
    return connection.get(f"thumbnail:{id}"), {"Content-Type": "image/jpeg"}


@api.get("/ready")
def ready():
    try:
        connection.ping()
    except RedisError:
        return "", 503
    return ""
