import os
import sqlite3
import time

from flask import Flask, request

app = Flask(__name__)
file = os.path.join(os.environ["DIR"], "shop.sqlite")


def connect():
    # In autocommit mode transactions are where they are written.
    return sqlite3.connect(file, timeout=60, isolation_level=None)


connect().executescript("create table if not exists stock (items integer); insert into stock values (1000);")


@app.get("/heavy")
def heavy():
    connection = connect()
    connection.execute("begin immediate")
    connection.execute("update stock set items = items - 1")
    time.sleep(request.args.get("ms", type=int) / 1000)
    connection.execute("commit")
    connection.close()
    return "ok"


@app.get("/health")
def health():
    return "ok"
