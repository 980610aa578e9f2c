"""The work of the peers that use Pillow: fetch, decode at a fraction of the size where that is possible, crop, encode."""

import os
from io import BytesIO
from math import ceil

import requests
from PIL import Image

SIDE = 100
QUALITY = 80
KEPT_SECONDS = 86_400

# One per process, with connections that stay open; a forked process opens its own.
_sessions = {}


def session():
    pid = os.getpid()
    if pid not in _sessions:
        _sessions.clear()
        _sessions[pid] = requests.Session()
    return _sessions[pid]


def fetch(url):
    response = session().get(url, timeout=15)
    response.raise_for_status()
    return response.content


def cover(picture):
    """Scales so that the shorter side fits (Pillow's draft mode included), and crops the middle."""
    scale = max(SIDE / picture.width, SIDE / picture.height)
    picture.thumbnail((ceil(picture.width * scale), ceil(picture.height * scale)))
    left, top = (picture.width - SIDE) // 2, (picture.height - SIDE) // 2
    cropped = picture.crop((left, top, left + SIDE, top + SIDE))
    return cropped if cropped.mode == "RGB" else cropped.convert("RGB")


def make_jpeg(url):
    with Image.open(BytesIO(fetch(url))) as source:
        thumbnail = cover(source)
    encoded = BytesIO()
    thumbnail.save(encoded, "JPEG", quality=QUALITY)
    return encoded.getvalue()


def describe(jpeg):
    """What the API tells of a thumbnail, read from the file that was made."""
    with Image.open(BytesIO(jpeg)) as made:
        return {"width": made.width, "height": made.height, "format": made.format.lower(), "bytes": len(jpeg)}
