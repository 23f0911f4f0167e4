import os
from contextlib import closing

import psycopg2
from flask import Flask, request

app = Flask(__name__)


@app.get("/heavy")
def heavy():
    # Raises OperationalError when there are too many: 500.
    with closing(psycopg2.connect(host="127.0.0.1", port=os.environ["DATABASE"], user="peer", dbname="postgres")) as connection:
        with connection.cursor() as cursor:
            cursor.execute("select pg_sleep(%s)", (request.args.get("ms", type=int) / 1000,))
    return "ok"


@app.get("/health")
def health():
    return "ok"
