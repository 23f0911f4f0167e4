const cluster = require('cluster')
const crypto = require('crypto')
const http = require('http')

const n = Number(process.env.N)
const agent = new http.Agent({ keepAlive: true, maxSockets: n })
const pause = new Int32Array(new SharedArrayBuffer(4))

const routes = {
  '/health': (ms, done) => done(),
  '/timer': (ms, done) => setTimeout(done, ms),
  '/block': (ms, done) => { Atomics.wait(pause, 0, 0, ms); done() },
  '/cpu': (ms, done) => { crypto.pbkdf2Sync('secret', 'salt', 40000, 64, 'sha512'); done() },
  '/pbkdf2': (ms, done) => crypto.pbkdf2('secret', 'salt', 40000, 64, 'sha512', done),
  '/agent': (ms, done) => http.get(`http://127.0.0.1:${process.env.UPSTREAM}/await?ms=${ms}`, { agent },
    upstream => upstream.resume().on('end', done)),
}

function serve () {
  const server = http.createServer((request, response) => {
    const url = new URL(request.url, 'http://localhost')
    routes[url.pathname](Number(url.searchParams.get('ms')), () => response.end('ok'))
  })
  if (process.env.MAX_CONNECTIONS) server.maxConnections = n
  server.listen(process.env.PORT, '127.0.0.1')
}

if (process.env.CLUSTER && cluster.isPrimary) {
  for (let i = 0; i < n; i++) cluster.fork()
} else {
  serve()
}
