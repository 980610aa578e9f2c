"""The API before Celery: FastAPI, whose waits are AsyncResult.get, in threads. API_THREADS: how many."""

import os

import anyio
from celery.exceptions import TimeoutError as NotYet
from celery.result import AsyncResult
from fastapi import FastAPI, Response
from pydantic import BaseModel

from celery_tasks import app as queue
from celery_tasks import files, make_thumbnail

api = FastAPI()


class Wanted(BaseModel):
    url: str


@api.on_event("startup")
def allow_threads():
    anyio.to_thread.current_default_thread_limiter().total_tokens = int(os.environ["API_THREADS"])


def answer(result, wait, response):
    if wait <= 0 and not result.ready():
        return going_on(result, response)
    try:
        made = result.get(timeout=wait or None)
    except NotYet:
        return going_on(result, response)
    except Exception as failure:  # what the task raised
        return {"id": result.id, "status": "failed", "error": repr(failure)}
    return {"id": result.id, "status": "completed", **made}


def going_on(result, response):
    response.status_code = 202
    response.headers["Location"] = f"/v1/thumbnails/{result.id}"
    response.headers["Retry-After"] = "1"
    return {"id": result.id, "status": "queued"}


@api.post("/v1/thumbnails")
def submit(wanted: Wanted, response: Response, wait: float = 0):
    result = make_thumbnail.delay(wanted.url)
    return answer(result, wait, response) if wait > 0 else going_on(result, response)


@api.get("/v1/thumbnails/{id}")
def read(id: str, response: Response, wait: float = 0):
    return answer(AsyncResult(id, app=queue), wait, response)


@api.get("/v1/thumbnails/{id}/file")
def read_file(id: str):
    return Response(files.get(f"thumbnail:{id}"), media_type="image/jpeg")


@api.get("/ready")
def ready():
    return {}
