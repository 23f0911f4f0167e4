import asyncio
import multiprocessing
import os
import time
from concurrent.futures import ProcessPoolExecutor

from fastapi import FastAPI

app = FastAPI()


@app.on_event("startup")
async def start():
    app.state.pool = ProcessPoolExecutor(int(os.environ["N"]), multiprocessing.get_context("fork"))


@app.get("/heavy")
async def heavy(ms: int):
    await asyncio.get_running_loop().run_in_executor(app.state.pool, time.sleep, ms / 1000)


@app.get("/health")
async def health():
    return "ok"
