import os
import time

from flask import Flask, request
from flask_limiter import Limiter
from flask_limiter.util import get_remote_address

app = Flask(__name__)
limiter = Limiter(get_remote_address, app=app, storage_uri="memory://", strategy=os.environ["STRATEGY"])


@app.get("/heavy")
@limiter.limit(f"{os.environ['N']} per second")
def heavy():
    time.sleep(request.args.get("ms", type=int) / 1000)
    return "ok"


@app.get("/health")
def health():
    return "ok"
