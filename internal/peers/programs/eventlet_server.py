import os
from urllib.parse import parse_qs

import eventlet
from eventlet import wsgi


def application(environ, start_response):
    if environ["PATH_INFO"] == "/heavy":
        eventlet.sleep(int(parse_qs(environ["QUERY_STRING"])["ms"][0]) / 1000)
    start_response("200 OK", [("Content-Type", "text/plain"), ("Content-Length", "2")])
    return [b"ok"]


listener = eventlet.listen(("127.0.0.1", int(os.environ["PORT"])), backlog=511)
wsgi.server(listener, application, max_size=int(os.environ["N"]), log_output=False)
