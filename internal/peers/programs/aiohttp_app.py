import asyncio
import os
import time

from aiohttp import ClientSession, TCPConnector, web

UPSTREAM = f"http://127.0.0.1:{os.environ['UPSTREAM']}"


async def session(app):
    connector = TCPConnector(limit=int(os.environ["N"])) if "LIMIT" in os.environ else None
    async with ClientSession(connector=connector) as app["session"]:
        yield


async def client(request):
    async with request.app["session"].get(UPSTREAM + "/await", params=request.query) as response:
        return web.Response(text=await response.text())


async def await_(request):
    await asyncio.sleep(int(request.query["ms"]) / 1000)
    return web.Response(text="ok")


async def sync(request):
    time.sleep(int(request.query["ms"]) / 1000)
    return web.Response(text="ok")


async def health(request):
    return web.Response(text="ok")


app = web.Application()
app.cleanup_ctx.append(session)
app.add_routes(
    [
        web.get("/client", client),
        web.get("/await", await_),
        web.get("/sync", sync),
        web.get("/health", health),
    ]
)
web.run_app(app, host="127.0.0.1", port=int(os.environ["PORT"]), access_log=None)
