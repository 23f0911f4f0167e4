import os

import asyncpg
from fastapi import FastAPI

n = int(os.environ["N"])
app = FastAPI()


@app.on_event("startup")
async def connect():
    # A pooler in transaction mode cannot keep prepared statements.
    app.state.pool = await asyncpg.create_pool(
        host="127.0.0.1",
        port=int(os.environ["DATABASE"]),
        user="peer",
        database="postgres",
        min_size=n,
        max_size=n,
        statement_cache_size=0,
    )


@app.get("/heavy")
async def heavy(ms: int):
    await app.state.pool.execute(f"select pg_sleep({ms / 1000})")


@app.get("/health")
async def health():
    return "ok"
