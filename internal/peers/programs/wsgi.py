import time
from urllib.parse import parse_qs


def work():
    return sum(i * i for i in range(400_000))


def application(environ, start_response):
    if environ["PATH_INFO"] == "/heavy":
        time.sleep(int(parse_qs(environ["QUERY_STRING"])["ms"][0]) / 1000)
    if environ["PATH_INFO"] == "/cpu":
        work()
    start_response("200 OK", [("Content-Type", "text/plain"), ("Content-Length", "2")])
    return [b"ok"]
