import os

from fastapi import FastAPI
from psycopg2.pool import ThreadedConnectionPool

n = int(os.environ["N"])
app = FastAPI()
pool = ThreadedConnectionPool(n, n, host="127.0.0.1", port=os.environ["DATABASE"], user="peer", dbname="postgres")


@app.get("/heavy")
def heavy(ms: int):
    connection = pool.getconn()  # raises PoolError when all are taken: 500
    try:
        with connection.cursor() as cursor:
            cursor.execute("select pg_sleep(%s)", (ms / 1000,))
    finally:
        pool.putconn(connection)


@app.get("/health")
async def health():
    return "ok"
