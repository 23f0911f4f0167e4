import http.server
import os
import time
from urllib.parse import parse_qs, urlsplit


class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        url = urlsplit(self.path)
        if url.path == "/heavy":
            time.sleep(int(parse_qs(url.query)["ms"][0]) / 1000)
        self.send_response(200)
        self.send_header("Content-Length", "2")
        self.end_headers()
        self.wfile.write(b"ok")

    def log_message(self, *_):
        pass


server = getattr(http.server, os.environ["SERVER"])
server.request_queue_size = 511
server(("127.0.0.1", int(os.environ["PORT"])), Handler).serve_forever()
