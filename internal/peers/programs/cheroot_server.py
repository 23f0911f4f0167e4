import os

from cheroot.wsgi import Server
from wsgi import application

Server(("127.0.0.1", int(os.environ["PORT"])), application, numthreads=int(os.environ["N"]), request_queue_size=511).start()
