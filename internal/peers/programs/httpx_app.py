import os

import httpx
from fastapi import FastAPI

app = FastAPI()
client = httpx.AsyncClient(
    base_url=f"http://127.0.0.1:{os.environ['UPSTREAM']}",
    limits=httpx.Limits(max_connections=int(os.environ["N"])),
    timeout=None,
)


@app.get("/heavy")
async def heavy(ms: int):
    (await client.get("/await", params={"ms": ms})).raise_for_status()


@app.get("/health")
async def health():
    return "ok"
