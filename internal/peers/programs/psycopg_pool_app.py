import os

from flask import Flask, request
from psycopg_pool import ConnectionPool, PoolTimeout

n = int(os.environ["N"])
app = Flask(__name__)
address = f"host=127.0.0.1 port={os.environ['DATABASE']} user=peer dbname=postgres"
pool = ConnectionPool(address, min_size=n, max_size=n, timeout=1)
pool.wait()


@app.get("/heavy")
def heavy():
    try:
        with pool.connection() as connection:
            connection.execute("select pg_sleep(%s)", (request.args.get("ms", type=int) / 1000,))
    except PoolTimeout:
        return "busy", 503
    return "ok"


@app.get("/health")
def health():
    return "ok"
