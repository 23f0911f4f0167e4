import asyncio
import os
import time
from concurrent.futures import ThreadPoolExecutor

import anyio
from fastapi import FastAPI

n = int(os.environ["N"])
app = FastAPI()
semaphore = asyncio.Semaphore(n)
executor = ThreadPoolExecutor(n)


def work():
    return sum(i * i for i in range(400_000))


@app.on_event("startup")
async def set_thread_limit():
    if "THREADS" in os.environ:
        anyio.to_thread.current_default_thread_limiter().total_tokens = n


@app.get("/sync-in-async")
async def sync_in_async(ms: int):
    time.sleep(ms / 1000)


@app.get("/await")
async def await_(ms: int):
    await asyncio.sleep(ms / 1000)


@app.get("/def")
def def_(ms: int):
    time.sleep(ms / 1000)


@app.get("/executor")
async def in_executor(ms: int):
    await asyncio.get_running_loop().run_in_executor(executor, time.sleep, ms / 1000)


@app.get("/semaphore")
async def in_semaphore(ms: int):
    async with semaphore:
        await asyncio.sleep(ms / 1000)


@app.get("/cpu")
async def cpu():
    work()


@app.get("/cpu-executor")
async def cpu_in_executor():
    await asyncio.get_running_loop().run_in_executor(None, work)


@app.get("/health")
async def health():
    return "ok"


@app.get("/health-def")
def health_def():
    return "ok"
