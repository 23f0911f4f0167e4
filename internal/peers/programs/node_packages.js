// A server that waits, behind what people put in front of their handlers.
const http = require('http')

const n = Number(process.env.N)
const sleep = ms => new Promise(resolve => setTimeout(resolve, ms))

function listen (heavy, change = server => {}) {
  const server = http.createServer(async (request, response) => {
    const url = new URL(request.url, 'http://localhost')
    if (url.pathname === '/heavy') await heavy(Number(url.searchParams.get('ms')))
    response.end('ok')
  })
  change(server)
  server.listen(process.env.PORT, '127.0.0.1')
}

const setups = {
  express () {
    const app = require('express')()
    app.use('/heavy', require('express-rate-limit').rateLimit({ windowMs: 1000, limit: n }))
    app.get('/heavy', async (request, response) => {
      await sleep(Number(request.query.ms))
      response.send('ok')
    })
    app.get('/health', (request, response) => response.send('ok'))
    app.listen(process.env.PORT, '127.0.0.1')
  },

  fastify () {
    const { Pool } = require('pg')
    const pool = new Pool({ host: '127.0.0.1', port: Number(process.env.DATABASE), user: 'peer', database: 'postgres', max: n })
    const app = require('fastify')()
    app.get('/heavy', async request => {
      await pool.query('select pg_sleep($1)', [Number(request.query.ms) / 1000])
      return 'ok'
    })
    app.get('/health', async () => 'ok')
    app.listen({ host: '127.0.0.1', port: Number(process.env.PORT) })
  },

  piscina () {
    const { Piscina } = require('piscina')
    const pool = new Piscina({ filename: `${__dirname}/node_worker.js`, minThreads: n, maxThreads: n })
    listen(ms => pool.run(ms))
  },

  undici () {
    const { Agent, request } = require('undici')
    const dispatcher = new Agent({ connections: n, pipelining: 4 })
    listen(async ms => {
      const { body } = await request(`http://127.0.0.1:${process.env.UPSTREAM}/await?ms=${ms}`, { dispatcher })
      await body.text()
    })
  },

  'max-requests-per-socket': () => listen(sleep, server => { server.maxRequestsPerSocket = 3 }),

  ioredis () {
    const Redis = require('ioredis')
    const redis = new Redis(Number(process.env.DATABASE), '127.0.0.1')
    listen(ms => redis.call('DEBUG', 'SLEEP', ms / 1000))
  }
}

setups[process.env.SETUP]()
