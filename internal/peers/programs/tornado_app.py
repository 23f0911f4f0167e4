import asyncio
import os
import time

import tornado.httpserver
import tornado.netutil
import tornado.process
from tornado.web import Application, RequestHandler


class Await(RequestHandler):
    async def get(self):
        await asyncio.sleep(int(self.get_argument("ms")) / 1000)


class Sync(RequestHandler):
    def get(self):
        time.sleep(int(self.get_argument("ms")) / 1000)


class Health(RequestHandler):
    def get(self):
        self.write("ok")


async def main():
    server = tornado.httpserver.HTTPServer(Application([("/await", Await), ("/sync", Sync), ("/health", Health)]))
    server.add_sockets(sockets)
    await asyncio.Event().wait()


sockets = tornado.netutil.bind_sockets(int(os.environ["PORT"]), "127.0.0.1", backlog=511)
if int(os.environ["N"]) > 1:
    tornado.process.fork_processes(int(os.environ["N"]))
asyncio.run(main())
